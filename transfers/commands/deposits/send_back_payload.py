"""Money that goes back as canonical content: what approvers read, what their votes bind to, and what the executor compares with the
rows as they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.models import Asset
from transfers.models import Arrival, SendBack, Transfer

ACTION = "deposit.send_back"
SCHEMA = "deposit.send_back/1"
ROLE = "approver"


def of_transfer(transfer: Transfer, sent: SendBack) -> dict[str, Any]:
    """From the rows: what would be executed now."""
    return content_of(
        sent.arrival,
        transfer_id=transfer.id,
        reference=transfer.reference,
        route=transfer.route,
        destination=transfer.destination_details,
        amount=transfer.source_amount,
        fee=transfer.fee_amount,
        evidence=sent.evidence,
        not_after=transfer.good_until,
    )


def content_of(
    arrival: Arrival,
    *,
    transfer_id: UUID,
    reference: str,
    route: str,
    destination: dict[str, str],
    amount: int,
    fee: int,
    evidence: Sequence[dict[str, str]],
    not_after: datetime,
) -> dict[str, Any]:
    """Amounts are minor units as text: what arrived is what goes back and the fee."""
    asset = Asset.objects.get(pk=arrival.asset_id)
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer_id),
        "reference": reference,
        "route": route,
        "arrival": str(arrival.pk),
        "arrival_reference": arrival.reference,
        "arrived_in": arrival.account_code,
        "asset": arrival.asset_id,
        "token_contract": asset.contract,
        "arrived": str(arrival.amount),
        "amount": str(amount),
        "fee": str(fee),
        "sender": {name: str(value) for name, value in sorted(arrival.sender.items())},
        "destination": destination,
        "evidence": [dict(one) for one in evidence],
        "not_after": not_after.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
