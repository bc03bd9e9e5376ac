"""The sweep: a small process that needs neither Celery nor Redis and finds what everybody else missed.

Each job has a lane, a thread with a database connection of its own, so that a provider that hangs delays no alert. A job that
breaks is logged and tried again; a database that restarts is met with a new connection. The sweep says that it lives only while
every lane does: one that hangs makes it silent, and then the checks of the other processes raise the alarm.
"""

import threading
import time
from collections.abc import Sequence

import structlog
from django.db import DatabaseError, connections

from audit import context
from audit.context import Actor
from backoffice.alerts.jobs import Job
from backoffice.health import heartbeats

log = structlog.get_logger(__name__)
SIGN_EVERY_S = 5.0
_LEAVE_S = 10.0


def run_once(job: Job) -> bool:
    """One round of a job. False when it broke, which is logged; the connection is given up then, for it may be what broke."""
    try:
        with context.bind(Actor.system("sweeper")):
            job.run()
    except Exception:
        log.exception("sweep job broke", job=job.name)
        connections.close_all()
        return False
    return True


class Lane(threading.Thread):
    """One job, over and over, until told to stop."""

    def __init__(self, job: Job, stop: threading.Event) -> None:
        super().__init__(name=f"sweep-{job.name}", daemon=True)
        self.job = job
        self._stop_event = stop
        self._round_ended = time.monotonic()

    def run(self) -> None:
        while not self._stop_event.is_set():
            run_once(self.job)
            self._round_ended = time.monotonic()
            self._stop_event.wait(self.job.every_s)
        connections.close_all()

    @property
    def is_well(self) -> bool:
        return self.is_alive() and time.monotonic() - self._round_ended < self.job.every_s + self.job.patience_s


class Sweeper:
    """All lanes and the sign of life above them."""

    def __init__(self, jobs: Sequence[Job], *, sign_every_s: float = SIGN_EVERY_S) -> None:
        self._stop = threading.Event()
        self._sign_every_s = sign_every_s
        self._name = heartbeats.process_name("sweeper")
        self.lanes = [Lane(job, self._stop) for job in jobs]

    def run(self) -> None:
        """Until `stop`. Lanes in the middle of a round get a moment to end it; what they would lose is only a lease."""
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

    def sign(self) -> bool:
        """Say that the sweep lives, when all of it does. False when it was not said."""
        if unwell := [lane.job.name for lane in self.lanes if not lane.is_well]:
            log.error("sweep lanes hang", jobs=unwell)
            return False
        try:
            heartbeats.sign(name=self._name, kind="sweeper")
        except DatabaseError as error:
            log.warning("heartbeat not written", error=str(error))
            connections.close_all()
            return False
        return True
