"""Runs reconciliation once, by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from reconciliation.commands.reconciling import reconcile


class Command(BaseCommand):
    help = "Fetch statements and blocks, match them, and close what is proved."

    def handle(self, *_args: Any, **_options: Any) -> None:
        run = reconcile()
        self.stdout.write(f"{run.matched} items matched, {run.breaks} breaks opened, {run.reconciled} transfers reconciled")
