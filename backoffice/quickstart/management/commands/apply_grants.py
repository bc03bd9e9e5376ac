"""Create the database roles and give each exactly what its files say."""

from typing import Any

from django.core.management.base import BaseCommand

from backoffice.quickstart import grants


class Command(BaseCommand):
    help = (
        "Creates the roles countersign_web, _worker, _sealer and _signer and applies every grants.sql. Run as owner after migrate."
    )

    def handle(self, *_args: Any, **options: Any) -> None:
        for path in grants.apply():
            if options["verbosity"] > 0:
                self.stdout.write(f"applied {path}")
