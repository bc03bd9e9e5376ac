"""A refund as canonical content: what approvers read, what their votes bind to, and what the executor compares with the rows."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from transfers.models import CardRefund, Transfer

ACTION = "card.refund"
SCHEMA = "card.refund/1"
ROLE = "approver"


def of_transfer(transfer: Transfer, refund: CardRefund) -> dict[str, Any]:
    """From the rows: what would be executed now."""
    return content_of(
        refund.deposit,
        transfer_id=transfer.id,
        reference=transfer.reference,
        amount=transfer.source_amount,
        reason=refund.reason,
        not_after=transfer.good_until,
    )


def content_of(
    deposit: Transfer, *, transfer_id: UUID, reference: str, amount: int, reason: str, not_after: datetime
) -> dict[str, Any]:
    """Amounts are minor units as text."""
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer_id),
        "reference": reference,
        "client_id": deposit.client_id,
        "deposit": str(deposit.pk),
        "deposit_reference": deposit.reference,
        "asset": deposit.source_asset_id,
        "captured": str(deposit.source_amount),
        "amount": str(amount),
        "reason": reason,
        "not_after": not_after.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
