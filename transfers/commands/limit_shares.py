"""What a transfer that ends without moving money gives back of its client's limits: its own use, or its share of its file's."""

from collections.abc import Iterable

from approvals.commands.limits import give_back_limits, give_back_shares
from transfers.commands.bulk import payload
from transfers.models import BulkPart, Transfer


def give_back_limits_of(transfer: Transfer) -> None:
    """In the caller's transaction, before accounts are locked. Repeating it gives nothing back."""
    if transfer.bulk_id is None:
        give_back_limits(str(transfer.id))
    else:
        give_back_lines((transfer,))


def give_back_lines(transfers: Iterable[Transfer]) -> None:
    """Lines of one file. Where accounts are locked already, `hold_limits` must have come before them."""
    subjects: dict[str, dict[str, int]] = {}
    for one in transfers:
        if one.bulk_id is not None:
            subject = payload.limit_subject(one.bulk_id, str(one.corridor_id))
            subjects.setdefault(subject, {})[str(one.id)] = int(one.source_amount)
    for subject, shares in sorted(subjects.items()):
        give_back_shares(subject, shares)


def give_back_parts(parts: Iterable[BulkPart]) -> None:
    """Parts of one file that will not be carried out; nothing when the file gave back everything at once."""
    subjects: dict[str, dict[str, int]] = {}
    for part in parts:
        subject = payload.limit_subject(part.order_id, str(part.corridor_id))
        subjects.setdefault(subject, {})[f"part:{part.ordinal}"] = int(part.amount)
    for subject, shares in sorted(subjects.items()):
        give_back_shares(subject, shares)
