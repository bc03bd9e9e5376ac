"""That a block is gone, on less than every node's word: nothing is taken back, it is told once, and an alert follows."""

from typing import Any

from transfers.commands import moves
from transfers.failures import FAILURES
from transfers.models import Transfer

CODE = "reorg_unproved"
TOLD = "transfer.reorg_unproved"


def tell(transfer: Transfer, **columns: Any) -> None:
    """In the caller's transaction, transfer locked. Raises Conflict."""
    if is_told(transfer):
        moves.set_columns(transfer, **columns)
        return
    words = FAILURES[CODE].detection
    moves.note(transfer, TOLD, reason=words, last_error=f"{CODE}: {words}", **columns)


def is_told(transfer: Transfer) -> bool:
    return transfer.last_error.startswith(CODE)
