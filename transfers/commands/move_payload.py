"""A move of our own money as canonical content: what approvers read, what their votes bind to, and what the executor compares with
the rows as they are."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.models import Account, Asset
from transfers.models import Transfer, TreasuryMove, Wallet

ACTION = "treasury.rebalance"
SCHEMA = "treasury.rebalance/1"
ROLE, QUORUM = "approver", 2


def of_transfer(transfer: Transfer, move: TreasuryMove) -> dict[str, Any]:
    """From the rows: what would be executed now."""
    return content_of(
        transfer_id=transfer.id,
        reference=transfer.reference,
        purpose=move.purpose,
        amount=transfer.source_amount,
        source=move.source,
        target=move.target,
        reason=move.reason,
        not_after=transfer.good_until,
    )


def content_of(
    *,
    transfer_id: UUID,
    reference: str,
    purpose: str,
    amount: int,
    source: Wallet,
    target: Wallet,
    reason: str,
    not_after: datetime,
) -> dict[str, Any]:
    """Amounts are minor units as text. The token is the one that the source's account is kept in."""
    asset = Asset.objects.get(pk=Account.objects.values_list("asset_id", flat=True).get(code=source.token_account_code))
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer_id),
        "reference": reference,
        "purpose": purpose,
        "source_asset": asset.id,
        "source_amount": str(amount),
        "token_contract": asset.contract,
        "network": source.network,
        "chain_id": source.chain_id,
        "source": _wallet(source),
        "target": _wallet(target),
        "reason": reason,
        "not_after": not_after.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def _wallet(wallet: Wallet) -> dict[str, str]:
    return {"wallet": wallet.code, "address": wallet.address, "account": wallet.token_account_code, "network": wallet.network}
