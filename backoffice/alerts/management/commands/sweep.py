"""Runs the sweep in the foreground, until SIGTERM or Ctrl-C."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.alerts.jobs import all_jobs
from backoffice.health.lanes import Lanes, run_once

PROCESS = "sweeper"


class Command(BaseCommand):
    help = "Find what workers and beat missed: overdue transfers, alerts, lapsed approvals, stored webhooks. Prove the books."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [job.name for job in all_jobs()]
        parser.add_argument("--once", action="store_true", help="One round of every job, then leave: exit 1 when one broke.")
        parser.add_argument("--job", action="append", choices=names, metavar="JOB", help=f"Only this one: {', '.join(names)}.")

    def handle(self, *_args: Any, **options: Any) -> None:
        jobs = [job for job in all_jobs() if not options["job"] or job.name in options["job"]]
        if options["once"]:
            broken = [job.name for job in jobs if not run_once(job, process=PROCESS)]
            if broken:
                raise CommandError(f"These jobs broke, see the log: {', '.join(broken)}.")
            return
        lanes = Lanes(PROCESS, jobs)
        lanes.heed_signals()
        lanes.run()
