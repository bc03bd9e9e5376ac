"""Runs the sweep in the foreground, until SIGTERM or Ctrl-C."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.alerts.jobs import all_jobs
from backoffice.health.lanes import Lanes, run_once

PROCESS = "sweeper"


class Command(BaseCommand):
    help = "Find what workers and beat missed: overdue transfers, alerts, lapsed approvals, stored webhooks. Prove the books."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="One round of every job, then leave: exit 1 when one broke.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            broken = [job.name for job in all_jobs() if not run_once(job, process=PROCESS)]
            if broken:
                raise CommandError(f"These jobs broke, see the log: {', '.join(broken)}.")
            return
        lanes = Lanes(PROCESS, all_jobs())
        lanes.heed_signals()
        lanes.run()
