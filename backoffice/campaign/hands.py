"""The processes that work through what is begun, each as its command runs it for one pass. Whoever adds a process that takes steps
of transfers adds it here."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciliation.commands.reconciling import reconcile
from transfers import driver
from transfers.commands.deposits.watching import watch
from transfers.outbox.deliver import deliver_due
from transfers.outbox.dispatch import dispatch_all


@dataclass(frozen=True, slots=True)
class Hand:
    """`act(limit)` takes one pass over at most about so many pieces of work, as the database role `role`."""

    name: str
    role: str
    act: Callable[[int], object]


def _tell(limit: int) -> None:
    dispatch_all()
    deliver_due(limit)


DRIVE = Hand("drive", "worker", driver.run_due)
RECONCILE = Hand("reconcile", "worker", lambda _: reconcile())
TELL = Hand("tell clients", "worker", _tell)
WATCH = Hand("watch", "worker", lambda _: watch())
HANDS: tuple[Hand, ...] = (DRIVE, RECONCILE, TELL, WATCH)
# Those who begin work, and the people who decide about it, are web processes.
BEGIN, PEOPLE = "begin", "people"
