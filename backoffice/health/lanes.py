"""A process that does several things again and again and needs neither Celery nor Redis: the sweep, the sealer.

Each job has a lane, a thread with a database connection of its own, so that one that hangs delays no other. A job that breaks is
logged and tried again; a database that restarts is met with a new connection. The process says that it lives only while every lane
does: one that hangs makes it silent, and then the checks of the other processes raise the alarm.
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, connections

from audit import context
from audit.context import Actor
from backoffice.health import heartbeats

log = structlog.get_logger(__name__)
SIGN_EVERY_S = 5.0
_LEAVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Job:
    """`run` every `every_s` seconds. A round that takes longer than `patience_s` means that the job hangs."""

    name: str
    every_s: float
    run: Callable[[], object]
    patience_s: float = 120.0


def run_once(job: Job, *, process: str) -> bool:
    """One round of a job. False when it broke, which is logged; the connection is given up then, for it may be what broke."""
    try:
        with context.bind(Actor.system(process)):
            job.run()
    except Exception:
        log.exception("job broke", process=process, job=job.name)
        connections.close_all()
        return False
    return True


class Lane(threading.Thread):
    """One job, over and over, until told to stop."""

    def __init__(self, job: Job, stop: threading.Event, *, process: str) -> None:
        super().__init__(name=f"{process}-{job.name}", daemon=True)
        self.job = job
        self._process = process
        self._stop_event = stop
        self._round_ended = time.monotonic()

    def run(self) -> None:
        while not self._stop_event.is_set():
            run_once(self.job, process=self._process)
            self._round_ended = time.monotonic()
            self._stop_event.wait(self.job.every_s)
        connections.close_all()

    @property
    def is_well(self) -> bool:
        return self.is_alive() and time.monotonic() - self._round_ended < self.job.every_s + self.job.patience_s


class Lanes:
    """All lanes of a kind of process, such as `sweeper`, and the sign of life above them."""

    def __init__(self, process: str, jobs: Sequence[Job], *, sign_every_s: float = SIGN_EVERY_S) -> None:
        self._stop = threading.Event()
        self._sign_every_s = sign_every_s
        self._process = process
        self._name = heartbeats.process_name(process)
        self.lanes = [Lane(job, self._stop, process=process) for job in jobs]

    def run(self) -> None:
        """Until `stop`, SIGTERM or Ctrl-C (see `heed_signals`). Lanes in the middle of a round get a moment to end it; one that is
        cut short loses nothing but time."""
        for lane in self.lanes:
            lane.start()
        while not self._stop.is_set():
            self.sign()
            self._stop.wait(self._sign_every_s)
        deadline = time.monotonic() + _LEAVE_S
        for lane in self.lanes:
            lane.join(max(deadline - time.monotonic(), 0.0))

    def stop(self) -> None:
        self._stop.set()

    def heed_signals(self) -> None:
        """End in order when told to; call it from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def sign(self) -> bool:
        """Say that the process lives, when all of it does. False when it was not said."""
        if unwell := [lane.job.name for lane in self.lanes if not lane.is_well]:
            log.error("lanes hang", process=self._process, jobs=unwell)
            return False
        try:
            heartbeats.sign(name=self._name, kind=self._process)
        except DatabaseError as error:
            log.warning("heartbeat not written", error=str(error))
            connections.close_all()
            return False
        return True
