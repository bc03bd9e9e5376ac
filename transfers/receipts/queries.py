"""Reading receipts, and checking those that are kept."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Min

from approvals import canonical
from transfers.models import Receipt, ReceiptOrder
from transfers.receipts import jws, keys


def receipts_of(transfer_id: UUID) -> list[Receipt]:
    """The newest first; the first of them is the one in force."""
    return list(Receipt.objects.filter(transfer_id=transfer_id).order_by("-number"))


def receipt_of(transfer_id: UUID, number: int | None = None) -> Receipt | None:
    """The one in force, or the one of that number."""
    rows = Receipt.objects.filter(transfer_id=transfer_id)
    return (rows.filter(number=number) if number else rows).order_by("-number").first()


def content(receipt: Receipt) -> dict[str, Any]:
    """What it says, as it is kept."""
    found: dict[str, Any] = json.loads(bytes(receipt.payload))
    return found


def document(receipt: Receipt) -> bytes:
    """The file that a client gets: the signed text, and beside it, for the eye, what it says. The same bytes for ever."""
    return canonical.to_bytes({"jws": receipt.jws, "receipt": content(receipt)})


def faults(receipts: Iterable[Receipt]) -> Iterator[tuple[Receipt, str]]:
    """Those that are not what was signed, each with what is wrong. Raises Unavailable without keys."""
    known = keys.public_keys()
    for receipt in receipts:
        if fault := _fault(receipt, known):
            yield receipt, fault


def _fault(receipt: Receipt, known: dict[str, bytes]) -> str:
    try:
        said = jws.verified(receipt.jws, known)
    except jws.ReceiptRefused as refused:
        return str(refused)
    if canonical.to_bytes(said) != bytes(receipt.payload):
        return "what is kept beside the signed text is something else"
    named = (said["receipt_id"], said["number"], said["transfer"]["transaction_id"])
    if named != (str(receipt.pk), receipt.number, str(receipt.transfer_id)):
        return "it is kept under another name than its own"
    return ""


def oldest_due() -> datetime | None:
    """Since when the oldest order waits."""
    found: datetime | None = ReceiptOrder.objects.filter(done_at=None).aggregate(at=Min("ordered_at"))["at"]
    return found
