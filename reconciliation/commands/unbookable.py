"""An item that our books cannot take as they stand. It keeps no other from its turn: a break says why, it stays unmatched and is
tried again, and the break ends with it."""

from uuid import UUID

from django.db import transaction

from ledger.errors import LedgerError
from reconciliation.commands.breaks import resolve_break
from reconciliation.commands.item_breaks import UNBOOKABLE, break_unbookable
from reconciliation.errors import ReconciliationError
from reconciliation.models import Break, ExternalItem
from reconciliation.queries import OPEN
from transfers.errors import TransferError

_OURS = (LedgerError, ReconciliationError, TransferError)


@transaction.atomic
def set_apart(item_id: UUID, trouble: Exception) -> None:
    """Say so, once."""
    item = ExternalItem.objects.select_related("source").get(pk=item_id)
    break_unbookable(item, str(trouble) if isinstance(trouble, _OURS) else f"unexpected {type(trouble).__name__}, see the log")


def end_with(item: ExternalItem) -> None:
    """The item has its end, in the caller's transaction: so has what was said about it."""
    said = Break.objects.select_for_update().filter(item=item, subject_key=f"{UNBOOKABLE}:{item.fingerprint}", status__in=OPEN)
    for found in said:
        resolve_break(found, "Our books have taken it.")
