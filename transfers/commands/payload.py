"""The approved order as canonical content: what approvers are shown, what their votes bind to, and what the executor compares.

Text and whole numbers only; amounts are minor units as decimal strings, times are RFC 3339 in UTC.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.commands import Posting
from ledger.models import Asset
from transfers import postings
from transfers.commands.treasury import settlement_wallet, source_wallet
from transfers.conversion.postings import ConversionFacts, conversion
from transfers.conversion.terms import Split
from transfers.models import Transfer, Wallet
from transfers.postings import PaymentFacts
from transfers.states import IN_OUR_BOOKS, Route

SCHEMA = "transfer.release/1"


def build(transfer: Transfer, *, revision: int, policy_set: int, makers: tuple[UUID, ...]) -> dict[str, Any]:
    """The payload of `transfer`, which need not be saved yet. Reads the wallets and the token contract, where it leaves our
    books."""
    content = {
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
        "destination_id": str(transfer.destination_id or ""),
        "destination": transfer.destination_details,
        "client_reference": transfer.client_reference,
        "policy_set": policy_set,
        "makers": sorted(str(maker) for maker in makers),
    }
    return content if transfer.route in IN_OUR_BOOKS else content | {"chain": _chain(transfer)}


def _chain(transfer: Transfer) -> dict[str, Any]:
    wallet = source_wallet(transfer.source_asset_id)
    asset = Asset.objects.get(pk=transfer.source_asset_id)
    off_ramp = transfer.route == Route.OFF_RAMP
    recipient = settlement_wallet(transfer.source_asset_id).address if off_ramp else transfer.destination_details["address"]
    return {
        "network": asset.network,
        "chain_id": wallet.chain_id,
        "token_contract": asset.contract,
        "wallet": wallet.code,
        "wallet_address": wallet.address,
        "recipient": recipient,
    }


def not_after(payload: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(payload["not_after"])


def postings_of(payload: dict[str, Any], *, value_at: datetime) -> tuple[Posting, ...]:
    """What an approval of this payload leads to in the books: at the most that may be debited, the least that may come out."""
    principal, fee = int(payload["source_amount"]), int(payload["max_fee"])
    given: dict[str, Any] = {"transfer_id": UUID(payload["transfer_id"]), "reference": payload["reference"]}
    held = hold_reference(payload["reference"])
    if payload["route"] == Route.INTERNAL_TRANSFER:
        sides = {"sender": payload["client_id"], "receiver": payload["destination"]["client"], "asset": payload["source_asset"]}
        return (
            postings.internal(
                **given, **sides, principal=principal, fee=fee, hold_reference=held, corridor=payload["corridor"], value_at=value_at
            ),
        )
    if payload["route"] == Route.CONVERSION:
        least = int(payload["min_target_amount"])
        facts = ConversionFacts(
            **given,
            client_id=payload["client_id"],
            source_asset=payload["source_asset"],
            target_asset=payload["target_asset"],
            principal=principal,
            fee=fee,
            split=Split(least, least, 0, 0),
            hold_reference=held,
        )
        return (conversion(facts, value_at=value_at),)
    return postings.payment(facts_of(payload), value_at=value_at)


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
