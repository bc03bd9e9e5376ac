"""`make run`: everything on this machine, from an empty directory to a page one can sign in to."""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.environment import Misconfigured
from backoffice.quickstart import screen
from backoffice.quickstart.embedded import EmbeddedUnavailable
from backoffice.quickstart.plan import Plan, PortTaken
from backoffice.quickstart.stack import AlreadyRunning, Stack, StepFailed
from backoffice.quickstart.supervisor import SupervisorFailed

WATCH_INTERVAL_S = 5.0
_OURS = (Misconfigured, EmbeddedUnavailable, PortTaken, AlreadyRunning, StepFailed, SupervisorFailed)


class Stop(BaseException):
    """Somebody asked us to stop. No Exception: nothing on the way may swallow it."""


class Command(BaseCommand):
    help = "Runs the whole sandbox in the foreground; Ctrl-C stops everything it started."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        plan = Plan(Path(os.environ.get("DATA_DIR", "") or "var").resolve(), dict(os.environ))
        begun = time.monotonic()
        self.stdout.write(f"Starting Countersign in {plan.data_dir} ...")
        try:
            with Stack(plan) as stack:
                self.stdout.write(screen.ready(plan, time.monotonic() - begun))
                self.stdout.flush()
                self._watch(stack)
        except Stop:
            self.stdout.write("Everything is stopped.")
        except _OURS as error:
            raise CommandError(str(error)) from error

    def _watch(self, stack: Stack) -> None:
        """Until told to stop. Raises CommandError when the process manager itself is gone."""
        while True:
            time.sleep(WATCH_INTERVAL_S)
            try:
                lost = stack.watch()
            except OSError as error:
                raise CommandError("supervisord is gone; see logs/supervisord.log in the data directory") from error
            for name in lost:
                self.stderr.write(f"{name} does not stay up; trying again. See {stack.plan.logs / name}.log")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The first signal stops; the following ones find us stopping already."""
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        self.stderr.write(f"\nStopping ({signal.Signals(number).name}) ...")
        raise Stop
