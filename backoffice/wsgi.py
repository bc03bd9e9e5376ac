"""The web process. It connects as the web role unless told otherwise. Under a server that forks or spawns its workers, set
COUNTERSIGN_EXIT_WITH_PARENT=1."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from backoffice.orphans import exit_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")


def _set_aside() -> None:
    """Read the code of every page now, and keep it out of each later search for garbage: it is most of what such a search looks at,
    and none of it ever becomes any. What a request leaves goes with the request; only rings of objects wait for a search."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


application = get_wsgi_application()
_set_aside()
if os.environ.get("COUNTERSIGN_EXIT_WITH_PARENT") == "1":
    exit_with_parent()
