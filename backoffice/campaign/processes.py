"""Processes that are made to be shot: forks of this one, each with a database role, connections and rails of its own.

A fork costs milliseconds where a new interpreter costs seconds, and dies of SIGKILL just the same. Nothing that has a connection
may cross a fork, so the parent closes its own first.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.urls import get_resolver

from backoffice.databases import database_settings
from backoffice.environment import DatabaseUrl
from transfers.commands import exchanges
from transfers.rails import registry
from transfers.rails.registry import Rails
from transfers.rails.trust import authorities

PATIENCE_S = 60.0
_POLL_S = 0.01


class Hung(RuntimeError):
    """A process did not end in time, though nothing keeps it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a process ended, or that it stopped: `signal` is 0 unless a signal did it; `status` counts when none did."""

    pid: int
    signal: int = 0
    status: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Nursery:
    """Makes the processes of one campaign; what they say goes to `log`."""

    log: Path

    @staticmethod
    def warm_up() -> None:
        """Load what every process would load for itself: all views. What stands before them is loaded by works.client.server."""
        for pattern in get_resolver().url_patterns:
            str(pattern)
        authorities(), authorities(environment=True)

    def start(self, act: Callable[[], object], *, role: str, environment: dict[str, str]) -> int:
        """Fork a process that acts in the database as `role` with `environment` added; gives back its id."""
        connections.close_all()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            self._live(act, role, environment)
        return pid

    def run(self, act: Callable[[], object], *, role: str, environment: dict[str, str] | None = None) -> Fate:
        return wait(self.start(act, role=role, environment=environment or {}))

    def _live(self, act: Callable[[], object], role: str, environment: dict[str, str]) -> None:
        status = 1
        try:
            _speak_to(self.log)
            os.environ.update(environment)
            _connect_as(role)
            registry.use(Rails(registry.rails().settings, recorder=exchanges.keep))
            act()
            status = 0
        except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)


def wait(pid: int, within_s: float = PATIENCE_S) -> Fate:
    """Until the process ends or stops. Raises Hung, after killing it."""
    fate = look(pid, within_s)
    if fate is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise Hung(f"process {pid} did not end within {within_s:.0f} s")
    return fate


def look(pid: int, within_s: float) -> Fate | None:
    """What became of it by then; None while it still runs."""
    deadline = time.monotonic() + within_s
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return _fate(pid, status)
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL_S)


def _fate(pid: int, status: int) -> Fate:
    if os.WIFSTOPPED(status):
        return Fate(pid, os.WSTOPSIG(status), stopped=True)
    return Fate(pid, os.WTERMSIG(status)) if os.WIFSIGNALED(status) else Fate(pid, status=os.WEXITSTATUS(status))


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """The stopped process sleeps through the block and goes on after it."""
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _speak_to(log: Path) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(target, 1)
    os.dup2(target, 2)


def _connect_as(role: str) -> None:
    """Lead Django to the same database under `role`, with that role's rights and limits but no pool."""
    url = settings.DATABASE_ROLE_URLS.get(role, "")
    if url:
        parsed = DatabaseUrl.parse(f"DATABASE_URL_{role.upper()}", url)
        connections["default"].settings_dict.update(database_settings(parsed, process="worker", threads=1))
