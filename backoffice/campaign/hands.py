"""The processes that work through what is begun, each as its command runs it for one pass. Whoever adds a process that takes steps
of transfers adds it here."""

from collections.abc import Callable
from dataclasses import dataclass

from reconciliation.commands.reconciling import reconcile
from transfers import driver
from transfers.commands.bulk.carry_out import carry_out_due
from transfers.commands.bulk.completing import complete_due
from transfers.commands.deposits.watching import watch
from transfers.commands.moot import dismiss_moot
from transfers.commands.nonces import mend_gaps
from transfers.commands.recall_steps import recall_due
from transfers.commands.reference import fetch_rates
from transfers.commands.watching import watch_confirmed
from transfers.outbox.deliver import deliver_due
from transfers.outbox.dispatch import dispatch_all
from transfers.receipts.make import make_due


@dataclass(frozen=True, slots=True)
class Hand:
    """`act(limit)` takes one pass over at most about so many pieces of work, as the database role `role`."""

    name: str
    role: str
    act: Callable[[int], object]


def _files(limit: int) -> None:
    carry_out_due(limit)
    complete_due()


def _tell(limit: int) -> None:
    dispatch_all()
    make_due(limit)
    deliver_due(limit)


def _read(_: int) -> None:
    """Without a fresh reference rate no price is believed, however long a campaign lasts."""
    fetch_rates()
    watch()


def _watch(limit: int) -> None:
    watch_confirmed(limit)
    mend_gaps()
    recall_due(limit)
    dismiss_moot()


DRIVE = Hand("drive", "worker", driver.run_due)
RECONCILE = Hand("reconcile", "worker", lambda _: reconcile())
TELL = Hand("tell clients", "worker", _tell)
INCOMING = Hand("watch", "worker", _read)
OUTGOING = Hand("watch payments", "worker", _watch)
FILES = Hand("files", "worker", _files)
HANDS: tuple[Hand, ...] = (DRIVE, OUTGOING, RECONCILE, TELL, INCOMING, FILES)
# Those who begin work, and the people who decide about it, are web processes.
BEGIN, PEOPLE = "begin", "people"
