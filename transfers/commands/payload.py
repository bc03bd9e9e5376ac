"""The approved order as canonical content: what approvers are shown, what their votes bind to, and what the executor compares.

Text and whole numbers only; amounts are minor units as decimal strings, times are RFC 3339 in UTC.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.models import Asset
from transfers.commands.treasury import settlement_wallet, source_wallet
from transfers.models import Transfer, Wallet
from transfers.postings import PaymentFacts
from transfers.states import Route

SCHEMA = "transfer.release/1"


def build(transfer: Transfer, *, revision: int, policy_set: int, makers: tuple[UUID, ...]) -> dict[str, Any]:
    """The payload of `transfer`, which need not be saved yet. Reads the wallets and the token contract."""
    wallet = source_wallet(transfer.source_asset_id)
    asset = Asset.objects.get(pk=transfer.source_asset_id)
    off_ramp = transfer.route == Route.OFF_RAMP
    recipient = settlement_wallet(transfer.source_asset_id).address if off_ramp else transfer.destination_details["address"]
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer.id),
        "reference": transfer.reference,
        "revision": revision,
        "client_id": transfer.client_id,
        "route": transfer.route,
        "corridor": transfer.corridor_id,
        "source_asset": transfer.source_asset_id,
        "source_amount": str(transfer.source_amount),
        "target_asset": transfer.target_asset_id,
        "min_target_amount": str(transfer.min_target_amount),
        "max_fee": str(transfer.max_fee),
        "max_total_debit": str(transfer.max_total_debit),
        "not_after": transfer.good_until.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "destination_id": str(transfer.destination_id),
        "destination": transfer.destination_details,
        "client_reference": transfer.client_reference,
        "chain": {
            "network": asset.network,
            "chain_id": wallet.chain_id,
            "token_contract": asset.contract,
            "wallet": wallet.code,
            "wallet_address": wallet.address,
            "recipient": recipient,
        },
        "policy_set": policy_set,
        "makers": sorted(str(maker) for maker in makers),
    }


def not_after(payload: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(payload["not_after"])


def facts_of(payload: dict[str, Any]) -> PaymentFacts:
    """Facts for a preview of the postings, from the payload and nothing of the transfer: at the most that may be booked."""
    off_ramp = payload["route"] == Route.OFF_RAMP
    wallets = {wallet.address: wallet for wallet in Wallet.objects.filter(network=payload["chain"]["network"])}
    recipient = wallets.get(payload["chain"]["recipient"])
    return PaymentFacts(
        transfer_id=UUID(payload["transfer_id"]),
        reference=payload["reference"],
        client_id=payload["client_id"],
        source_asset=payload["source_asset"],
        principal=int(payload["source_amount"]),
        fee=int(payload["max_fee"]),
        wallet_account=wallets[payload["chain"]["wallet_address"]].token_account_code,
        hold_reference=hold_reference(payload["reference"]),
        target_asset=payload["target_asset"] if off_ramp else "",
        target=int(payload["min_target_amount"]) if off_ramp else 0,
        settlement_account=recipient.token_account_code if off_ramp and recipient else "",
        corridor=payload["corridor"],
    )


def hold_reference(reference: str) -> str:
    return f"withdrawal-hold/{reference}"
