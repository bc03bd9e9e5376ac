"""Makes the demo company of the sandbox; running it again adds only what is missing."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.sandbox.demo.seed import seed


class Command(BaseCommand):
    help = "Seed the demo company: clients, operators, policy, wallets and books. Only in the sandbox."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.ENVIRONMENT != "sandbox":
            raise CommandError("the demo company lives in the sandbox only")
        demo = seed(Path(settings.DATA_DIR))
        self.stdout.write(
            f"{len(demo['operators'])} operators and {len(demo['api_keys'])} clients are there; see {settings.DATA_DIR}/demo.json"
        )
