"""Bring database and static files to where this version of the code needs them. Run as owner, before anything serves."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from audit import definitions
from audit.context import Actor, bind
from backoffice import release
from backoffice.quickstart import grants
from transfers.commands.house import house


class Command(BaseCommand):
    help = "Migrates, applies grants, syncs operators' roles, records what the release brings, collects static files. Repeatable."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=1)
        call_command("createcachetable", verbosity=0)
        grants.apply()
        call_command("sync_roles", stdout=self.stdout)
        with bind(Actor.system("prepare")):
            definitions.record_if_changed(release=release.current().version)
            # What begins by itself may be the first transfer of the house's own, and workers take on no party.
            house()
        self._collect_static()

    def _collect_static(self) -> None:
        """Hashing and compressing takes seconds, so it is done only when some file changed."""
        stamp = Path(settings.STATIC_ROOT) / "collected.sha256"
        wanted = _fingerprint()
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return
        # ReDoc would call out for fonts and REST framework's own pages are switched off: neither is ever served.
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=["redoc", "rest_framework"])
        stamp.write_text(wanted, encoding="ascii")


def _fingerprint() -> str:
    """Of every static file's name, size and time, wherever the finders find it."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
