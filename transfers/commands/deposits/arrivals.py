"""An arrival from its first sight on. What is seen is kept once per identity; each change of what became of it is an event."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock, context
from audit.commands import record
from audit.identity import new_reference
from ledger.commands import post
from transfers import deposit_postings
from transfers.commands import moves
from transfers.commands.deposits.addresses import open_room
from transfers.commands.drawing_up import draw_up
from transfers.commands.orders import MAX_REFERENCE_LENGTH
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import Arrival, DepositAddress, ExternalReference, Leg, Transfer
from transfers.states import RequestState, Route
from transfers.synthetic import is_party

ROUTES: dict[str, Route] = {"evm": Route.CHAIN_DEPOSIT, "bank": Route.BANK_DEPOSIT}
# What each rail's own name for the movement is called among a transfer's references.
_NAMES = {"tx_hash": "tx_hash", "bank_reference": "bank_reference", "end_to_end_id": "end_to_end_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody saw arrive. `amount` in minor units of `asset_id`; `identity` is the outside's own name for the movement;
    `doubt` says why nobody may be credited by it, where nobody may."""

    rail: str
    identity: str
    account_code: str
    asset_id: str
    amount: int
    value_at: datetime
    address: DepositAddress | None = None
    sender: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    doubt: str = ""


@transaction.atomic
def see(sight: Sight) -> Arrival:
    """The arrival of this identity: kept now, or kept before and then unchanged. One at a client's address becomes a transfer of
    the client at once; the driver credits it when it may. One that names no client goes to the unallocated money."""
    known = Arrival.objects.filter(identity=sight.identity).first()
    if known is not None:
        return known
    transfer = None if sight.address is None else _drawn_up(sight, sight.address.client_id)
    arrival = Arrival(
        reference=new_reference(),
        rail=sight.rail,
        identity=sight.identity,
        account_code=sight.account_code,
        asset_id=sight.asset_id,
        amount=sight.amount,
        value_at=sight.value_at,
        sender=sight.sender,
        facts=sight.facts,
        address=sight.address,
        transfer=transfer,
        seen_at=clock.now(),
    )
    Arrival.objects.bulk_create([arrival], ignore_conflicts=True)
    kept = Arrival.objects.get(identity=sight.identity)
    if kept.pk != arrival.pk:
        # Somebody else saw it at the same moment, and their transaction came first.
        return kept
    tell(arrival, "deposit.seen", before=0)
    if transfer is None:
        set_aside(arrival, sight.doubt or "It names no client of ours.")
    else:
        insert(transfer, arrival)
    return _about_to_commit(arrival)


@transaction.atomic
def see_again(arrival_id: UUID) -> Arrival:
    """One that was given up as gone is there after all: a new deposit of the same client, under the same identity, so that it can
    never be credited beside the old one. An arrival that is not gone stays as it is."""
    arrival = Arrival.objects.select_for_update(of=("self",)).select_related("address").get(pk=arrival_id)
    if arrival.status != Arrival.Status.GONE or arrival.address is None:
        return arrival
    transfer = for_client(arrival, arrival.address.client_id)
    where: dict[str, Any] = {"block_number": None, "block_hash": ""}
    change(arrival, "deposit.seen_again", transfer=transfer, status=Arrival.Status.SEEN, reason="", **where)
    insert(transfer, arrival)
    return _about_to_commit(arrival)


def _about_to_commit(arrival: Arrival) -> Arrival:
    """Where a process may die with an arrival that it has seen."""
    crashpoint("deposit_see.before_commit")
    return arrival


def for_client(arrival: Arrival, client_id: str) -> Transfer:
    """The transfer by which an arrival that was set aside becomes this client's; not saved yet."""
    return _drawn_up(
        Sight(
            rail=arrival.rail,
            identity=arrival.identity,
            account_code=arrival.account_code,
            asset_id=arrival.asset_id,
            amount=arrival.amount,
            value_at=arrival.value_at,
            facts=arrival.facts,
        ),
        client_id,
    )


def _drawn_up(sight: Sight, client_id: str) -> Transfer:
    actor = context.current().actor
    return draw_up(
        route=ROUTES[sight.rail],
        client_id=client_id,
        is_synthetic=is_party(client_id),
        request_state=RequestState.RESPONDED,
        asset_id=sight.asset_id,
        amount=sight.amount,
        client_reference=_payers_words(sight),
        made_by=actor.id,
        made_by_type=actor.type,
    )


def _payers_words(sight: Sight) -> str:
    """What the payer wrote, without the reference that only says whose money it is."""
    text, own = sight.facts.get("text", ""), sight.address.value if sight.address else ""
    words = " ".join(text.replace(own, " ").split()) if own else text
    return words[:MAX_REFERENCE_LENGTH]


def insert(transfer: Transfer, arrival: Arrival) -> None:
    """Save the transfer of an arrival with its leg, its names and its first event, due at once."""
    transfer.save(force_insert=True)
    leg = Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference=new_reference(),
        rail=arrival.rail,
        direction=Leg.Direction.IN,
        asset_id=arrival.asset_id,
        amount=arrival.amount,
        account_code=arrival.account_code,
        counterparty=arrival.sender,
        request_state=RequestState.RESPONDED,
        created_at=clock.now(),
    )
    names = {_NAMES[kind]: value for kind, value in arrival.facts.items() if kind in _NAMES and value}
    ExternalReference.objects.bulk_create(
        # Not of the leg: a transaction or batch may hold several deposits, so its name alone finds none of them.
        ExternalReference(transfer=transfer, kind=kind, value=value, recorded_at=clock.now())
        for kind, value in names.items()
    )
    data = {"arrival": arrival.reference, "leg": leg.reference, "amount": str(arrival.amount), "asset": arrival.asset_id}
    moves.tell_created(transfer, data=data | {"client_id": transfer.client_id, "route": transfer.route})
    wake_after_commit(transfer.id)


def set_aside(arrival: Arrival, reason: str) -> None:
    """Book it as money that we owe to nobody we could name yet."""
    room = deposit_postings.unallocated_account(arrival.asset_id)
    open_room(room, f"Unallocated money, {arrival.asset_id}", deposit_postings.UNALLOCATED_KIND, arrival.asset_id)
    change(arrival, "deposit.set_aside", status=Arrival.Status.UNALLOCATED, reason=reason)
    post(deposit_postings.set_aside(arrival))


def change(arrival: Arrival, kind: str, **columns: Any) -> None:
    """Write what became of it, with its event. Raises Conflict when somebody else did meanwhile."""
    before = arrival.version
    seen = Arrival.objects.filter(pk=arrival.pk, version=before)
    if seen.update(**columns, version=before + 1) != 1:
        raise Conflict(f"arrival {arrival.reference} was changed by somebody else")
    for name, value in {**columns, "version": before + 1}.items():
        setattr(arrival, name, value)
    tell(arrival, kind, before=before)


def tell(arrival: Arrival, kind: str, *, before: int) -> None:
    record(
        type=kind,
        resource_type="arrival",
        resource_id=str(arrival.pk),
        reason=arrival.reason,
        diff={"version": [before, arrival.version]},
        metadata={
            "reference": arrival.reference,
            "status": arrival.status,
            "amount": str(arrival.amount),
            "asset": arrival.asset_id,
            "identity": arrival.identity,
        },
        transaction_id=arrival.transfer_id,
    )
