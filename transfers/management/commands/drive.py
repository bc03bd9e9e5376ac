"""Advances due transfers without Celery and Redis: the sweeper process, and the tool of whoever wants to see one pass."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from transfers import driver
from transfers.commands.heartbeat import beat

IDLE_S = 1.0


class Command(BaseCommand):
    help = "Advance due transfers: one pass (--once) or for ever (--loop)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--once", action="store_true", help="one pass over what is due now")
        how.add_argument("--loop", action="store_true", help="until the process is told to stop")
        parser.add_argument("--limit", type=int, default=100, help="transfers in one pass")
        parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds between two passes that found nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"{driver.run_due(options['limit'])} transfers advanced")
            return
        while True:
            beat(driver.owner_name(), "sweeper")
            if driver.run_due(options["limit"]) == 0:
                time.sleep(options["idle"])
