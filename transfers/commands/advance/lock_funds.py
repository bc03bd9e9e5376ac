"""QUOTED to FUNDS_LOCKED: the hold is fixed to the quoted total, the legs are drawn up, and wallet inventory and gas are
reserved."""

import uuid
from typing import Any

from django.db import transaction

from audit import clock
from audit.identity import new_reference
from ledger import chart
from ledger.commands import PlaceHold, apply_holds
from ledger.models import Asset
from transfers import locks
from transfers.commands import moves, treasury
from transfers.commands.advance.permit import permit
from transfers.commands.expire import expire_locked
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import ExternalReference, Leg, Transfer, Wallet
from transfers.postings import released
from transfers.pricing.phone import is_dealt, trade_of
from transfers.states import MoneyState, Route, Status

CHAIN, BANK = "evm", "bank"
# The estimate may rise between quote and sending; what is reserved and not used is given back.
GAS_HEADROOM = 2


def lock_funds(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven; Unavailable when the wallet has too little free, which is tried
    again, as is an account at the bank that does not cover the payout; Waiting until a deal by phone is entered."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.QUOTED)
        if expire_locked(transfer):
            return
        if _stale(transfer) and not is_dealt(transfer):
            moves.move(transfer, Status.CREATED, reason="The quote ran out before the funds were locked.", due_at=clock.now())
            return
        trade_id = trade_of(transfer)
        wallet = treasury.source_wallet(transfer.source_asset_id)
        legs = _legs(transfer, wallet)
        if trade_id:
            ExternalReference.objects.create(transfer=transfer, kind="provider_trade_id", value=trade_id, recorded_at=clock.now())
        permit(transfer, legs=legs)
        quote = transfer.quote
        gas = (quote.network_fee_estimate if quote else 0) * GAS_HEADROOM
        treasury.reserve(wallet.code, legs[CHAIN], amount=legs[CHAIN].amount, gas=gas)
        if BANK in legs:
            treasury.cover(legs[BANK])
        hold = _fixed_hold(transfer)
        moves.move(
            transfer,
            Status.FUNDS_LOCKED,
            data={"wallet": wallet.code, "gas_reserved": str(gas), "held": str(transfer.source_amount + transfer.fee_amount)},
            hold_reference=hold,
            due_at=clock.now(),
        )
        _hold_exactly(transfer, hold)
        before_commit()
    after_commit()


def before_commit() -> None:
    """The boundary of this step, for every route that locks funds."""
    crashpoint("lock.before_commit")


def after_commit() -> None:
    crashpoint("lock.after_commit")


def _stale(transfer: Transfer) -> bool:
    return transfer.quote is None or transfer.quote.expires_at <= clock.now()


def _legs(transfer: Transfer, wallet: Wallet) -> dict[str, Leg]:
    legs = {CHAIN: _chain_leg(transfer, wallet)}
    if transfer.route == Route.OFF_RAMP:
        legs[BANK] = _bank_leg(transfer)
    return legs


def _chain_leg(transfer: Transfer, wallet: Wallet) -> Leg:
    asset = Asset.objects.get(pk=transfer.source_asset_id)
    recipient = transfer.destination_details.get("address", "")
    counterparty: dict[str, Any] = {"network": asset.network, "token_contract": asset.contract, "address": recipient}
    if transfer.route == Route.OFF_RAMP:
        settlement = treasury.settlement_wallet(transfer.source_asset_id)
        counterparty |= {"address": settlement.address, "account_code": settlement.token_account_code}
    return _leg(
        transfer,
        ordinal=1,
        rail=CHAIN,
        asset_id=transfer.source_asset_id,
        amount=transfer.source_amount,
        account_code=wallet.token_account_code,
        counterparty={**counterparty, "wallet": wallet.code},
    )


def _bank_leg(transfer: Transfer) -> Leg:
    account = treasury.payout_account(transfer.target_asset_id)
    leg = _leg(
        transfer,
        ordinal=2,
        rail=BANK,
        asset_id=transfer.target_asset_id,
        amount=transfer.target_amount or 0,
        account_code=account.account_code,
        counterparty={**transfer.destination_details, "bank_account": account.code},
    )
    names = {"end_to_end_id": leg.reference, "message_id": transfer.reference, "uetr": str(uuid.uuid4())}
    for kind, value in names.items():
        ExternalReference.objects.create(transfer=transfer, leg=leg, kind=kind, value=value, recorded_at=clock.now())
    return leg


def _leg(transfer: Transfer, **columns: Any) -> Leg:
    return Leg.objects.create(
        transfer=transfer,
        reference=new_reference(),
        direction=Leg.Direction.OUT,
        money_state=MoneyState.RESERVED,
        created_at=clock.now(),
        **columns,
    )


def _fixed_hold(transfer: Transfer) -> str:
    """The name of the hold from here on: a fee below the bound needs a smaller hold."""
    exact = transfer.source_amount + transfer.fee_amount == transfer.max_total_debit
    return transfer.hold_reference if exact else f"{transfer.hold_reference}/fixed"


def _hold_exactly(transfer: Transfer, hold: str) -> None:
    first = hold.removesuffix("/fixed")
    if hold == first:
        return
    account = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    total = transfer.source_amount + transfer.fee_amount
    apply_holds(released(first), PlaceHold(hold, account, total), transaction_id=transfer.id)
