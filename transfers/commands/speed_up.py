"""Speeding up: somebody asks for a higher bid than the driver would make now, and may raise what is spent on gas for it.

The same payment under the same nonce, so the votes stand: gas is the house's own expense. The bid itself is made by the driver at
its next look, which is at once.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import moves, treasury
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import ChainTransaction, Leg, Transfer, Wallet, WalletReservation
from transfers.states import Status

# What one operator may spend on one transfer, over what was reserved when its funds were locked.
MOST_TIMES = 10


def why_not_speed_up(transfer: Transfer) -> str:
    """The reason why it cannot be sped up now, as a sentence; empty when it can."""
    if transfer.status == Status.DROPPED:
        return "No node knows it at the moment; it is being sent again."
    if transfer.status != Status.SENT_ON_CHAIN:
        return "Only what waits for a place on the blockchain can be sped up."
    attempts = ChainTransaction.objects.filter(leg__transfer=transfer)
    if attempts.filter(block_number__isnull=False).exists():
        return "It is in a block already and only needs confirmations."
    if not attempts.exists():
        return "Nothing of it was signed."
    return ""


@dataclass(frozen=True, slots=True)
class GasRoom:
    """Minor units of `asset_id`: what the newest bid costs at the most, what is reserved for gas now and once it is sped up, and
    the most that one operator may spend on it."""

    asset_id: str
    bid: int
    reserved: int
    after: int
    most: int


def gas_room(transfer: Transfer) -> GasRoom | None:
    """What speeding it up now would change; None when it cannot be."""
    if why_not_speed_up(transfer):
        return None
    promise = WalletReservation.objects.select_related("wallet").get(leg__transfer=transfer, leg__rail=CHAIN)
    newest = ChainTransaction.objects.filter(leg=promise.leg_id).latest("attempt")
    reserved, most = int(promise.gas_amount), most_gas(promise)
    return GasRoom(
        asset_id=treasury.gas_asset(promise.wallet.network),
        bid=int(newest.max_fee_per_gas) * newest.gas_limit,
        reserved=reserved,
        after=max(reserved, min(2 * reserved, most)),
        most=most,
    )


def most_gas(promise: WalletReservation) -> int:
    """What may be reserved for gas at the most, in the gas asset's minor units: ten times the first attempt's price."""
    first = ChainTransaction.objects.filter(leg=promise.leg_id).earliest("attempt")
    return max(int(promise.gas_amount), int(first.max_fee_per_gas) * first.gas_limit * MOST_TIMES)


def speed_up(transfer_id: UUID, reason: str, *, gas_amount: int | None = None) -> Transfer:
    """Ask for a higher bid, with at most `gas_amount` for gas (the gas asset's minor units; by default twice what is reserved).

    Raises NotFound; Refused without a reason, or for more gas than an operator may spend; Conflict when it waits no more;
    Unavailable when the wallet has too little gas free.
    """
    if not reason.strip():
        raise Refused("invalid_request", "Say why it has to be faster.", {"reason": "Say why it has to be faster."})
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        refusal = why_not_speed_up(transfer)
        if refusal:
            raise Conflict(refusal)
        leg = locks.legs(transfer_id)[CHAIN]
        gas = _raise_reservation(leg, gas_amount)
        moves.note(transfer, "transfer.hurried", reason=reason, data={"gas_reserved": str(gas)}, due_at=clock.now())
        crashpoint("speed_up.before_commit")
        wake_after_commit(transfer.id)
    return transfer


def _raise_reservation(leg: Leg, wanted: int | None) -> int:
    wallet = locks.wallet(Wallet.objects.get(code=leg.counterparty["wallet"]).code)
    promise = WalletReservation.objects.get(leg=leg)
    most = most_gas(promise)
    reserved = int(promise.gas_amount)
    gas = min(2 * reserved, most) if wanted is None else wanted
    if gas > most:
        raise Refused("invalid_request", f"At most {most} minor units may be spent on gas for this transfer.")
    gas = max(gas, reserved)
    treasury.check_free_gas(wallet, gas - reserved)
    WalletReservation.objects.filter(pk=promise.pk).update(gas_amount=gas, hurried_at=clock.now())
    return gas
