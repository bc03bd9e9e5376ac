"""Static files with a hash in the name, compressed ahead. Brotli at its best level is smaller and thirty times slower than gzip: a
release build waits for it, somebody who tries the sandbox for the first time does not."""

from typing import Any

from django.conf import settings
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Brotli beside gzip when STATIC_BROTLI says so."""

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressor(use_brotli=settings.STATIC_BROTLI, **options)
