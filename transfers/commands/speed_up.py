"""Speeding up: somebody asks for a higher bid than the driver would make now, and may raise what is spent on gas for it.

The same payment under the same nonce, so the votes stand: gas is the house's own expense. What is dear is asked of a second person
(transfers.commands.dear_speed_up). The bid itself is made by the driver at its next look, which is at once.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import moves, treasury
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.treasury import gas_in_words
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import ChainTransaction, Leg, Transfer, Wallet, WalletReservation
from transfers.rails.evm.broadcast import is_about_price
from transfers.states import Status

# What may be spent on gas for one transaction at all, in prices of its first bid.
MOST_TIMES = 10


def why_not_speed_up(transfer: Transfer) -> str:
    """The reason why it cannot be sped up now, as a sentence; empty when it can."""
    if transfer.status == Status.DROPPED and not is_about_price(transfer.last_error):
        return "No node knows it at the moment; it is being sent again."
    if transfer.status not in (Status.SENT_ON_CHAIN, Status.DROPPED):
        return "Only what waits for a place on the blockchain can be sped up."
    attempts = ChainTransaction.objects.filter(leg__transfer=transfer)
    if attempts.filter(block_number__isnull=False).exists():
        return "It is in a block already and only needs confirmations."
    if not attempts.exists():
        return "Nothing of it was signed."
    return ""


@dataclass(frozen=True, slots=True)
class GasRoom:
    """Minor units of `asset_id`: what the first and the newest bid cost at the most, what is reserved for gas now and what is
    proposed to reserve, and the most that may be reserved: by one operator alone, and with an approver."""

    asset_id: str
    first: int
    bid: int
    reserved: int
    after: int
    alone: int
    most: int


def gas_room(transfer: Transfer) -> GasRoom | None:
    """What speeding it up now would change; None when it cannot be."""
    return None if why_not_speed_up(transfer) else room_of(promise_of(transfer.pk))


def promise_of(transfer_id: UUID) -> WalletReservation:
    return WalletReservation.objects.select_related("wallet").get(leg__transfer=transfer_id, leg__rail=CHAIN)


def room_of(promise: WalletReservation) -> GasRoom:
    """Of something that is signed."""
    bids = [int(fee) * gas for fee, gas in _bids(promise)]
    first, reserved = bids[0], int(promise.gas_amount)
    most = max(reserved, first * MOST_TIMES)
    # What is reserved already may be spent, whoever has reserved it.
    alone = min(max(reserved, first * settings.SPEED_UP_ALONE_TIMES), most)
    return GasRoom(
        asset_id=treasury.gas_asset(promise.wallet.network),
        first=first,
        bid=bids[-1],
        reserved=reserved,
        # One operator's own room is used up before an approver is asked.
        after=max(reserved, min(2 * reserved, alone if reserved < alone else most)),
        alone=alone,
        most=most,
    )


def _bids(promise: WalletReservation) -> list[tuple[int, int]]:
    signed = ChainTransaction.objects.filter(leg=promise.leg_id).order_by("attempt")
    return list(signed.values_list("max_fee_per_gas", "gas_limit"))


def speed_up(transfer_id: UUID, reason: str, *, gas_amount: int | None = None) -> Transfer:
    """Ask for a higher bid, with at most `gas_amount` for gas (the gas asset's minor units; by default twice what is reserved, as
    far as one operator may go).

    Raises NotFound; Refused without a reason, or for more gas than an operator may spend alone; Conflict when it waits no more;
    Unavailable when the wallet has too little gas free.
    """
    needs_reason(reason)
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        refusal = why_not_speed_up(transfer)
        if refusal:
            raise Conflict(refusal)
        leg = locks.legs(transfer_id)[CHAIN]
        promise = promise_of(transfer_id)
        room = room_of(promise)
        wanted = min(room.after, room.alone) if gas_amount is None else gas_amount
        if wanted > room.alone:
            raise Refused(
                "invalid_request", f"More than {gas_in_words(room.alone, room.asset_id)} for gas is decided by two people."
            )
        if _is_bid_soon(promise, wanted):
            return transfer
        hurry(transfer, leg, gas=wanted, reason=reason)
        crashpoint("speed_up.before_commit")
        wake_after_commit(transfer.id)
    return transfer


def _is_bid_soon(promise: WalletReservation, wanted: int) -> bool:
    """Whether so much was asked for already and the driver has not bid since: asking again makes no second bid."""
    newest = ChainTransaction.objects.filter(leg=promise.leg_id).latest("attempt")
    return promise.hurried_at is not None and promise.hurried_at > newest.signed_at and wanted <= promise.gas_amount


def needs_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("invalid_request", "Say why it has to be faster.", {"reason": "Say why it has to be faster."})


def hurry(transfer: Transfer, leg: Leg, *, gas: int, reason: str, request_id: UUID | None = None) -> None:
    """Reserve at least `gas` (minor units of the gas asset) for the transaction and have it outbid at once. Transfer and legs are
    locked; the wallet is locked here. Raises Unavailable when it has too little gas free."""
    wallet = locks.wallet(Wallet.objects.get(code=leg.counterparty["wallet"]).code)
    promise = WalletReservation.objects.get(leg=leg)
    before = int(promise.gas_amount)
    gas = max(gas, before)
    treasury.check_free_gas(wallet, gas - before)
    WalletReservation.objects.filter(pk=promise.pk).update(gas_amount=gas, hurried_at=clock.now())
    data = {"gas_before": str(before), "gas_reserved": str(gas)} | ({"request": str(request_id)} if request_id else {})
    moves.note(transfer, "transfer.hurried", reason=reason, data=data, due_at=clock.now())
