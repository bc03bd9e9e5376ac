"""What a receipt says: amounts, fees, rate, value date, and every name the outside has for the payment.

Read from rows that do not change any more once a transfer has settled. Amounts are decimal text in major units. There are no nulls:
what is not known is not there.
"""

from datetime import date, datetime
from typing import Any

from approvals import canonical
from ledger.money import Money
from ledger.queries import unit
from transfers.api.facts import TransferFacts, facts_of
from transfers.api.responses import Moment
from transfers.models import Arrival, ChainTransaction, Leg, Receipt, ReceiptOrder, Transfer
from transfers.queries import disputes
from transfers.queries.references import outside_names
from transfers.states import DEPOSITS, Route

KIND = "countersign.receipt/1"


def written(order: ReceiptOrder, transfer: Transfer, *, receipt_id: str, number: int, before: Receipt | None, **more: Any) -> bytes:
    """Canonical bytes; `more` is what the issuer adds. Raises PayloadNotCanonical."""
    facts = facts_of([transfer])[0]
    said = {
        "kind": KIND,
        "receipt_id": receipt_id,
        "number": number,
        "says": order.says,
        "supersedes": _before(before),
        "client": {"client_id": transfer.client_id, "name": transfer.client.name},
        "transfer": _transfer(transfer),
        "amounts": _amounts(facts) | {"disputed": _disputed(order, transfer)},
        "settlement": _settlement(order, transfer),
        "destination": dict(transfer.destination_details or {}),
        "status_text": order.event.status_text,
        **more,
    }
    return canonical.to_bytes(_known(said))


def _before(before: Receipt | None) -> dict[str, Any]:
    if before is None:
        return {}
    return {"receipt_id": str(before.pk), "number": before.number, "sha256": canonical.digest_of(bytes(before.payload)).hex()}


def _transfer(transfer: Transfer) -> dict[str, Any]:
    return {
        "transaction_id": str(transfer.pk),
        "reference": transfer.reference,
        "client_reference": transfer.client_reference,
        "route": transfer.route,
        "corridor": transfer.corridor_id,
        "ordered_at": _moment(transfer.created_at),
    }


def _amounts(facts: TransferFacts) -> dict[str, Any]:
    transfer, fields = facts.transfer, facts.fields()
    source = unit(transfer.source_asset_id)
    total = Money(int(transfer.source_amount) + int(transfer.fee_amount), source).major()
    return {
        "direction": fields["direction"],
        "source": {name: fields[f"source_{name}"] for name in ("amount", "currency", "asset")},
        "target": {name: fields[f"target_{name}"] for name in ("amount", "currency", "asset")},
        "fees": fields["fees"],
        "cashback": fields.get("cashback"),
        "debited": {"amount": total, "currency": source.code} if fields["direction"] == "out" else {},
        "rate": fields["fx_rate"] if transfer.source_asset_id != transfer.target_asset_id else None,
    }


def _disputed(order: ReceiptOrder, transfer: Transfer) -> dict[str, Any]:
    """What cardholders had at that moment."""
    if transfer.route != Route.CARD_DEPOSIT:
        return {}
    amount = disputes.disputed(transfer, until=order.event.seq)
    return disputes.written(transfer, amount) if amount else {}


def _settlement(order: ReceiptOrder, transfer: Transfer) -> dict[str, Any]:
    event = order.event
    legs = list(Leg.objects.filter(transfer=transfer).order_by("ordinal"))
    return {
        "status": event.to_status,
        "previous_status": event.from_status,
        "at": _moment(event.occurred_at),
        "value_date": _value_date(transfer, legs, event.occurred_at).isoformat(),
        "legs": [_leg(leg) for leg in legs],
        "references": _references(transfer),
    }


def _value_date(transfer: Transfer, legs: list[Leg], at: datetime) -> date:
    """As the bank or the chain says it, or as the bank was asked for it; the day of the event where nobody outside says one."""
    arrival = Arrival.objects.filter(transfer=transfer).first() if transfer.route in DEPOSITS else None
    if arrival is not None:
        return arrival.value_date
    dates = [leg.value_date for leg in legs if leg.value_date is not None]
    return dates[-1] if dates else at.date()


def _references(transfer: Transfer) -> list[dict[str, str]]:
    """Every name the outside has for it: transaction hash, EndToEndId, UETR, the bank's own reference. Hashes of attempts that did
    not pay are there under kinds of their own."""
    named = sorted((name.kind, name.value) for name in outside_names([transfer.pk]))
    return [{"kind": kind, "value": value} for kind, value in named]


def _leg(leg: Leg) -> dict[str, Any]:
    asset = unit(leg.asset_id)
    return {
        "reference": leg.reference,
        "rail": leg.rail,
        "direction": leg.direction,
        "amount": Money(int(leg.amount), asset).major(),
        "asset": asset.id,
        "chain": _chain(leg),
    }


def _chain(leg: Leg) -> dict[str, Any]:
    """Of the transaction that was mined, the one anybody can look up."""
    sent = (
        ChainTransaction.objects.select_related("wallet").filter(leg=leg, block_number__isnull=False).order_by("-attempt").first()
    )
    if sent is None:
        return {}
    return {
        "network": sent.wallet.network,
        "transaction_hash": sent.hash,
        "block_number": str(sent.block_number),
        "block_hash": sent.block_hash,
        "from": sent.wallet.address,
        "to": str(leg.counterparty.get("address", "")),
        "token_contract": str(leg.counterparty.get("token_contract", "")),
    }


def _moment(at: Any) -> str:
    return Moment().to_representation(at)


def _known(value: Any) -> Any:
    """Without what is not known: nulls and empty texts, and objects and lists that are left empty by it."""
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _known(item)) not in (None, "", {}, [])}
    if isinstance(value, list):
        return [kept for item in value if (kept := _known(item)) not in (None, "", {}, [])]
    return value
