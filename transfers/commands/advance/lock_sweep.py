"""CREATED to FUNDS_LOCKED of a sweep: the hot wallet's gas is reserved for it. The tokens are on the deposit address, and the sweep
is the only one that may take them from there."""

from django.db import transaction

from audit import clock
from ledger import chart
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands import moves, treasury
from transfers.commands.advance import lock_funds
from transfers.commands.advance.lock_funds import CHAIN, GAS_HEADROOM
from transfers.commands.advance.own_leg import leg_to
from transfers.commands.advance.permit import permit
from transfers.commands.deposits.addresses import WALLET
from transfers.commands.expire import expire_locked
from transfers.commands.sweeping.balances import most_gas
from transfers.errors import Waiting
from transfers.locks import Lease
from transfers.models import DepositSweep, Leg, Transfer
from transfers.rails.registry import rails
from transfers.states import MoneyState, Status


def lock_sweep(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven, the rails' errors; Waiting while gas is short in the hot wallet, or too dear."""
    estimate = rails().evm.estimate_fees()
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if expire_locked(transfer):
            return
        sweep = DepositSweep.objects.select_related("address", "wallet").get(transfer=transfer)
        leg = _leg(transfer, sweep)
        permit(transfer, legs={CHAIN: leg})
        _check_price(sweep, estimate.max_cost)
        gas = estimate.max_cost * GAS_HEADROOM
        treasury.reserve(sweep.wallet_id, leg, amount=0, gas=gas)
        moves.move(
            transfer,
            Status.FUNDS_LOCKED,
            data={"from": sweep.address.value, "wallet": sweep.wallet_id, "gas_reserved": str(gas)},
            money_state=MoneyState.RESERVED,
            due_at=clock.now(),
        )
        lock_funds.before_commit()
    lock_funds.after_commit()


def _check_price(sweep: DepositSweep, cost: int) -> None:
    """Whoever asks for it by hand has decided that it is worth it."""
    gas_asset = treasury.gas_asset(sweep.wallet.network)
    most = None if sweep.by_hand else most_gas(gas_asset)
    if most is not None and cost > most:
        asset = unit(gas_asset)
        now, bound = (f"{Money(one, asset).format()} {asset.code}" for one in (cost, most))
        raise Waiting("gas_too_dear", f"a sweep costs up to {now} of gas now, and is worth at most {bound}")


def _leg(transfer: Transfer, sweep: DepositSweep) -> Leg:
    """`payer` is whose tokens they are; the wallet sends the transaction, pays its gas and gets them."""
    room = chart.wallet_account_code(WALLET, transfer.source_asset_id)
    return leg_to(sweep.wallet, transfer, account_code=room, sent_by=sweep.wallet_id, payer=sweep.address.value)
