"""Reads stored messages again, after a bug in how they were read was mended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit import context
from audit.context import Actor
from transfers.webhooks.commands import reprocess


class Command(BaseCommand):
    help = "Process stored webhooks of a source again: those that failed, or with --all every one of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source")
        parser.add_argument("--reason", required=True, help="Why; it goes on the audit trail.")
        parser.add_argument("--all", action="store_true", help="Also those that were processed before; a hint twice does no harm.")
        parser.add_argument("--limit", type=int, default=10_000)

    def handle(self, *_args: Any, **options: Any) -> None:
        with context.bind(Actor.system("reprocess_webhooks")):
            counts = reprocess(
                source=options["source"], only_failed=not options["all"], reason=options["reason"], limit=options["limit"]
            )
        for status, count in sorted(counts.items()):
            self.stdout.write(f"{status}: {count}")
        if not counts:
            self.stdout.write("Nothing to process.")
