"""CREATED to FUNDS_LOCKED of a move of our own money: tokens above the source's minimum, and gas, are reserved for it."""

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import moves, treasury
from transfers.commands.advance import lock_funds
from transfers.commands.advance.lock_funds import CHAIN, GAS_HEADROOM
from transfers.commands.advance.own_leg import leg_to
from transfers.commands.advance.permit import permit
from transfers.commands.expire import expire_locked
from transfers.errors import Waiting
from transfers.locks import Lease
from transfers.models import LiquidityLevel, TreasuryMove, Wallet
from transfers.rails.registry import rails
from transfers.states import MoneyState, Status


def lock_move(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven, the rails' errors; Waiting while it would lead the source below its minimum."""
    estimate = rails().evm.estimate_fees()
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if expire_locked(transfer):
            return
        move = TreasuryMove.objects.select_related("source", "target").get(transfer=transfer)
        leg = leg_to(move.target, transfer, account_code=move.source.token_account_code, sent_by=move.source.code)
        permit(transfer, legs={CHAIN: leg})
        _keep_minimum(move.source, transfer.source_amount)
        gas = estimate.max_cost * GAS_HEADROOM
        treasury.reserve(move.source.code, leg, amount=leg.amount, gas=gas)
        moves.move(
            transfer,
            Status.FUNDS_LOCKED,
            data={"wallet": move.source.code, "gas_reserved": str(gas)},
            money_state=MoneyState.RESERVED,
            due_at=clock.now(),
        )
        lock_funds.before_commit()
    lock_funds.after_commit()


def _keep_minimum(source: Wallet, amount: int) -> None:
    """Under the wallet's lock, so that two moves cannot both count on the same tokens."""
    free = treasury.free_of(locks.wallet(source.code)).tokens
    minimum = LiquidityLevel.objects.filter(pk=source.token_account_code).values_list("minimum", flat=True).first() or 0
    if free - amount < minimum:
        raise Waiting("wallet_short", f"wallet {source.code} has {free} minor units free and keeps {minimum}: {amount} is too much")
