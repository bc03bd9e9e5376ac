"""The processes that work through what is begun, each as its command runs it for one pass. Whoever adds a process that takes steps
of transfers adds it here."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciliation.commands.reconciling import reconcile
from transfers import driver

AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Hand:
    """`act` takes one pass, as the database role `role`."""

    name: str
    role: str
    act: Callable[[], object]


DRIVE = Hand("drive", "worker", lambda: driver.run_due(AT_ONCE))
RECONCILE = Hand("reconcile", "worker", reconcile)
HANDS: tuple[Hand, ...] = (DRIVE, RECONCILE)
# Those who begin work, and the people who decide about it, are web processes.
BEGIN, PEOPLE = "begin", "people"
