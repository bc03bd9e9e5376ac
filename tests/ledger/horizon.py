"""Checkpoints reach as far as the oldest transaction that is open on the server, whose other databases other tests use."""

import time

from ledger.commands.proofs import Proved, prove_books
from ledger.models import Entry
from ledger.queries.proofs import latest_checkpoint
from ledger.queries.rows import select


def prove_all(*, full: bool = False) -> Proved:
    """A run whose checkpoint may reach over everything that is booked."""
    wait_for_others()
    return prove_books(full=full)


def wait_for_others() -> None:
    """Until checkpoints may reach over everything that is booked."""
    deadline = time.monotonic() + 60
    while _within_reach() < Entry.objects.count():
        if time.monotonic() > deadline:
            raise TimeoutError("somebody keeps a transaction open")
        time.sleep(0.01)


def _within_reach() -> int:
    return latest_checkpoint().entries + int(select("SELECT entries FROM ledger_proof_horizon()")[0]["entries"])
