"""Ordering a deposit by card, and what the provider's batches do to our books."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from approvals.commands.halts import check_halts
from approvals.errors import Halted
from approvals.models import Client
from audit import clock
from audit.commands import record
from audit.identity import new_reference
from ledger import chart
from ledger.commands import post
from ledger.models import Asset
from ledger.money import Money
from ledger.queries import unit
from transfers import card_postings, locks
from transfers.commands import moves
from transfers.commands.deposits.addresses import open_balance, open_room
from transfers.commands.drawing_up import draw_up
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused, Stopped
from transfers.models import CardBatch, Leg, Transfer
from transfers.rails.psp import Batch
from transfers.states import Route

PSP = "psp"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """`amount` is decimal text in major units; `card` is the provider's token of a card, never its number."""

    client_id: str
    currency: str
    amount: str
    card: str
    made_by: str
    made_by_type: str
    reference: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key_id: UUID | None = None


@transaction.atomic
def order_card_deposit(order: CardOrder) -> Transfer:
    """The transfer that charges the card; the one its key led to before, if it did. Raises Refused."""
    key = locks.idempotency_key(order.idempotency_key_id) if order.idempotency_key_id else None
    if key is not None and key.transfer is not None:
        return key.transfer
    asset = Asset.objects.filter(pk=order.currency, kind=Asset.Kind.FIAT).first()
    if asset is None:
        raise Refused("unsupported_currency", "Cards are charged in currencies that we keep.", {"currency": "Not one of ours."})
    client = Client.objects.get(pk=order.client_id)
    _check(client, asset.pk)
    _open_rooms(client, asset.pk)
    transfer = _drawn_up(order, asset.pk, _amount(order))
    transfer.save(force_insert=True)
    leg = Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference=new_reference(),
        rail=PSP,
        direction=Leg.Direction.IN,
        asset=asset,
        amount=transfer.source_amount,
        account_code=card_postings.receivable(asset.pk),
        counterparty={"type": "card", "card": order.card},
        created_at=clock.now(),
    )
    data = {"leg": leg.reference, "amount": str(transfer.source_amount), "asset": asset.pk, "client_id": client.pk}
    moves.tell_created(transfer, data=data | {"route": transfer.route})
    if key is not None:
        key.transfer = transfer
        key.save(update_fields=["transfer"])
    wake_after_commit(transfer.id)
    crashpoint("card_order.before_commit")
    return transfer


def _amount(order: CardOrder) -> int:
    try:
        amount = int(Money.parse(order.amount, unit(order.currency)).minor)
    except ValueError as error:
        raise Refused("invalid_amount", str(error), {"amount": str(error)}) from error
    if amount <= 0:
        raise Refused("invalid_amount", "The amount must be more than zero.", {"amount": "More than zero."})
    return amount


def _check(client: Client, asset_id: str) -> None:
    try:
        account = chart.client_account_code(client.pk, asset_id)
        check_halts(client_id=client.pk, account_codes=(account,), asset_ids=(asset_id,), provider=PSP)
    except Halted as halted:
        raise Stopped(halted.code, halted.sentence) from halted


def _open_rooms(client: Client, asset_id: str) -> None:
    open_balance(client.pk, asset_id)
    for room, kind in card_postings.rooms(asset_id).items():
        open_room(room, f"Cards, {kind.replace('_', ' ')}, {asset_id}", kind, asset_id)


def _drawn_up(order: CardOrder, asset_id: str, amount: int) -> Transfer:
    return draw_up(
        route=Route.CARD_DEPOSIT,
        client_id=order.client_id,
        asset_id=asset_id,
        amount=amount,
        client_reference=order.reference,
        metadata=dict(order.metadata),
        made_by=order.made_by,
        made_by_type=order.made_by_type,
    )


@transaction.atomic
def book_batch(reported: Batch) -> CardBatch:
    """Book what the provider says it settles, once per batch; one that comes to nothing is paid by that. Raises LedgerError, and
    Conflict for a batch that does not add up or names a payment that is none of ours: nothing of it is booked then."""
    there = CardBatch.objects.filter(reference=reported.reference).first()
    if there is not None:
        return there
    legs = {leg.reference for leg in Leg.objects.filter(rail=PSP, reference__in=[line.reference for line in reported.lines])}
    strangers = sorted({line.reference for line in reported.lines} - legs)
    if strangers:
        raise Conflict(f"batch {reported.reference} settles payments that are none of ours: {', '.join(strangers)}")
    if sum(line.gross - line.fee for line in reported.lines) != reported.net:
        raise Conflict(f"batch {reported.reference} pays {reported.net}, its lines come to another sum")
    kept = CardBatch.objects.create(
        sequence=reported.sequence,
        reference=reported.reference,
        asset_id=reported.currency,
        net=reported.net,
        lines=[
            {
                "number": line.number,
                "kind": line.kind,
                "reference": line.reference,
                "dispute": line.dispute,
                "gross": str(line.gross),
                "fee": str(line.fee),
            }
            for line in reported.lines
        ],
        reported_at=clock.now(),
    )
    _tell(kept, "card.batch_reported", before=0)
    posting = card_postings.batch(kept, value_at=clock.now())
    if posting is not None:
        post(posting)
    look_at([line.reference for line in reported.lines if line.kind != "capture"])
    if kept.net == 0:
        _end(kept)
    crashpoint("card_batch.before_commit")
    return kept


@transaction.atomic
def pay_batch(batch_id: UUID, *, nostro: str) -> None:
    """The batch is booked at our bank: clearing is empty again and what it settled goes on. Repeating it changes nothing."""
    batch = CardBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == CardBatch.Status.PAID:
        return
    post(card_postings.payment(batch, nostro=nostro, value_at=clock.now()))
    _end(batch)


def _end(batch: CardBatch) -> None:
    batch.status, batch.version = CardBatch.Status.PAID, batch.version + 1
    batch.save(update_fields=["status", "version"])
    _tell(batch, "card.batch_paid", before=batch.version - 1)
    look_at([line["reference"] for line in batch.lines if line["kind"] in ("capture", "refund")])


def look_at(references: list[str]) -> None:
    """The driver asks the provider about these payments at once, whatever state they are in."""
    now = clock.now()
    due = Transfer.objects.filter(legs__reference__in=references, route__in=(Route.CARD_DEPOSIT, Route.CARD_REFUND))
    for transfer_id in due.filter(Q(due_at=None) | Q(due_at__gt=now)).values_list("pk", flat=True):
        Transfer.objects.filter(pk=transfer_id).update(due_at=now)
        wake_after_commit(transfer_id)


def _tell(batch: CardBatch, kind: str, *, before: int) -> None:
    record(
        type=kind,
        resource_type="card_batch",
        resource_id=str(batch.pk),
        diff={"version": [before, batch.version]},
        metadata={"reference": batch.reference, "asset": batch.asset_id, "net": str(batch.net), "lines": str(len(batch.lines))},
    )
