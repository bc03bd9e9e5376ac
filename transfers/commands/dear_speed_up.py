"""Speeding up where it is dear: one operator asks, with exact amounts, and somebody else decides what may be spent on gas.

Nothing changes by asking. What was approved is a limit, as a single operator's raise is: the bid follows the market within it. The
request is void when the payment is in a block, called back, or when somebody has raised the limit meanwhile; bids that the driver
makes within what is reserved leave it as it is.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.carrying_out import cast
from approvals.commands.requests import mark_executed, open_request
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from transfers import locks
from transfers.commands import treasury
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.permit import no_halt
from transfers.commands.deciding import decide_on_transfer
from transfers.commands.speed_up import GasRoom, hurry, needs_reason, promise_of, room_of, why_not_speed_up
from transfers.commands.treasury import gas_in_words
from transfers.commands.verdicts import ROLE, makers_of
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import Leg, Transfer, WalletReservation
from transfers.states import Status

ACTION = "transfer.speed_up"
SCHEMA = "transfer.speed_up/1"
# The one who asks, and one more.
QUORUM = 1
# What waits for a block longer than this is another matter by then.
LIVES = timedelta(hours=4)
DECIDE_PERMISSION = "approvals.decide_request"


def ask(*, transfer_id: UUID, gas_amount: int, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask somebody else to allow that up to `gas_amount` (minor units of the gas asset) is spent on gas.

    Raises NotFound; Refused without a reason, for what one operator may do alone, and for more than anybody may; Conflict when it
    cannot be sped up; Unavailable when the wallet has too little gas free; RequestAlreadyPending.
    """
    needs_reason(reason)
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        if obstacle := why_not_speed_up(transfer):
            raise Conflict(obstacle)
        promise = promise_of(transfer_id)
        room = room_of(promise)
        _check(gas_amount, room)
        treasury.check_free_gas(promise.wallet, gas_amount - room.reserved)
        content = _payload(transfer, promise, room, gas_amount=gas_amount, reason=reason.strip())
        return open_request(
            action=ACTION,
            subject_type="transfer",
            subject_id=str(transfer.id),
            client_id=transfer.client_id,
            title=f"{transfer.reference}: spend up to {gas_in_words(gas_amount, room.asset_id)} on gas to speed it up",
            payload=content,
            quorum=QUORUM,
            role=ROLE,
            expires_at=clock.now() + LIVES,
            makers=[maker, *makers_of(transfer, but=maker)],
        )


def _check(gas: int, room: GasRoom) -> None:
    if gas > room.most:
        raise Refused(
            "invalid_request", f"At most {gas_in_words(room.most, room.asset_id)} may be spent on gas for this transaction."
        )
    if gas <= room.alone:
        raise Refused("invalid_request", f"Up to {gas_in_words(room.alone, room.asset_id)} nobody else needs to be asked.")


def _payload(transfer: Transfer, promise: WalletReservation, room: GasRoom, *, gas_amount: int, reason: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer.id),
        "reference": transfer.reference,
        "client_id": transfer.client_id,
        "wallet": promise.wallet_id,
        "gas_asset": room.asset_id,
        "first": str(room.first),
        "bid": str(room.bid),
        "reserved": str(room.reserved),
        "gas_amount": str(gas_amount),
        "recalled": promise.recalled_at is not None,
        "reason": reason,
    }


def moved_on(transfer: Transfer, _: dict[str, Leg], content: dict[str, Any]) -> str:
    """Why what was asked is void by now, as a sentence; empty while it stands."""
    # One that every node has forgotten is sent again, and needs the higher bid no less.
    if transfer.status != Status.DROPPED and (obstacle := why_not_speed_up(transfer)):
        return obstacle
    promise = promise_of(transfer.pk)
    if (promise.recalled_at is not None) != content["recalled"]:
        return "It is being recalled: this payment is not to be sped up any more."
    if int(promise.gas_amount) != int(content["reserved"]):
        reserved = gas_in_words(int(promise.gas_amount), content["gas_asset"])
        return f"{reserved} are reserved for its gas by now, others than were shown."
    return ""


def decide(vote: DecideInput) -> VoteOutcome:
    """One vote; the approval raises what may be spent in the same database transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers the transfer; NotCarriedOut when it has moved on or
    the wallet has too little gas, which ends the request.
    """
    return decide_on_transfer(vote, _decide)


def _decide(vote: DecideInput, transfer_id: UUID) -> VoteOutcome:
    transfer = locks.transfer(transfer_id)
    legs = locks.legs(transfer_id)
    outcome = cast(vote)
    if vote.decision == "approve":
        no_halt(transfer, legs=legs)
    if outcome.status == ApprovalRequest.Status.APPROVED:
        request = ApprovalRequest.objects.get(pk=vote.request_id)
        content = canonical.read(request.payload, request.digest)
        if obstacle := moved_on(transfer, legs, content):
            raise Conflict(obstacle)
        mark_executed(request.id, bytes(request.digest))
        _raise_to(transfer, legs[CHAIN], content, request.id)
        crashpoint("dear_speed_up.before_commit")
        wake_after_commit(transfer.id)
    return outcome


def _raise_to(transfer: Transfer, leg: Leg, content: dict[str, Any], request_id: UUID) -> None:
    try:
        hurry(transfer, leg, gas=int(content["gas_amount"]), reason=content["reason"], request_id=request_id)
    except Unavailable as short:
        raise Conflict(str(short)) from short


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    first, bid, before, after = (int(payload[name]) for name in ("first", "bid", "reserved", "gas_amount"))
    asset = payload["gas_asset"]
    return [
        Fact("Transfer", payload["reference"], "reference", payload["transfer_id"]),
        Fact("Client", payload["client_id"], "client"),
        Fact("Gas of wallet", payload["wallet"]),
        Fact("First bid, at most", gas_in_words(first, asset), "money"),
        Fact("Bid when asked, at most", gas_in_words(bid, asset), "money"),
        Fact("Reserved for gas when asked", gas_in_words(before, asset), "money"),
        Fact("Gas, at most, once approved", gas_in_words(after, asset), "money"),
        Fact("More than before, at worst", gas_in_words(after - before, asset), "money"),
        Fact("Why", payload["reason"]),
        Fact(
            "What follows",
            "A higher bid under the same nonce, so it is paid once at the most. It follows the market within the limit; the gas is "
            "our expense, not the client's. Should it be in a block before you decide, nothing changes.",
        ),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Speed a payment up at a high price",
            check_permission=DECIDE_PERMISSION,
            decide=decide,
            describe=describe,
        )
    )
