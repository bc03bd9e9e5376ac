"""From the approved order to the rail, for money that goes back: tokens and gas reserved, or the payment drawn up and booked out of
the unallocated money. Until then nothing has moved, and it can be cancelled."""

import uuid
from typing import Any

from django.db import transaction

from audit import clock
from audit.identity import new_reference
from ledger.commands import post
from ledger.models import Asset
from transfers import locks, postings
from transfers.commands import moves, treasury
from transfers.commands.advance import lock_funds
from transfers.commands.advance.lock_funds import BANK, CHAIN, GAS_HEADROOM
from transfers.commands.advance.permit import permit
from transfers.commands.deposits.send_back_making import paying_account, paying_wallet
from transfers.commands.expire import expire_locked
from transfers.commands.facts import facts_of
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import ExternalReference, Leg, SendBack, Transfer
from transfers.rails.registry import rails
from transfers.states import MoneyState, Status


def lock_on_chain(lease: Lease) -> None:
    """CREATED to FUNDS_LOCKED. Raises LeaseLost, Halted, Unproven, the rails' errors; Waiting while the wallet is short."""
    estimate = rails().evm.estimate_fees()
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if expire_locked(transfer):
            return
        leg = _chain_leg(transfer)
        permit(transfer, legs={CHAIN: leg})
        gas = estimate.max_cost * GAS_HEADROOM
        treasury.reserve(leg.counterparty["wallet"], leg, amount=leg.amount, gas=gas)
        _locked(transfer, leg, wallet=leg.counterparty["wallet"], gas_reserved=str(gas))
        lock_funds.before_commit()
    lock_funds.after_commit()


def lock_at_bank(lease: Lease) -> None:
    """CREATED to FUNDS_LOCKED: the payment and its names. Raises LeaseLost, Halted, Unproven."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if expire_locked(transfer):
            return
        leg = _bank_leg(transfer)
        permit(transfer, legs={BANK: leg})
        _locked(transfer, leg, bank_account=leg.counterparty["bank_account"])
        lock_funds.before_commit()
    lock_funds.after_commit()


def book_out(lease: Lease) -> None:
    """FUNDS_LOCKED to CONFIRMED at a bank: from now on it is a payout that we owe. Raises LeaseLost, Halted, Unproven."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if expire_locked(transfer):
            return
        legs = locks.legs(transfer.id)
        permit(transfer, legs=legs)
        now = clock.now()
        posting = postings.send_back(facts_of(transfer, legs), value_at=now)
        moves.move(transfer, Status.CONFIRMED, data={"posting": posting.reference}, money_state=MoneyState.POSTED, due_at=now)
        post(posting)
        crashpoint("send_back.before_commit")
    crashpoint("send_back.after_commit")


def _locked(transfer: Transfer, leg: Leg, **told: str) -> None:
    data = {"leg": leg.reference, **told}
    moves.move(transfer, Status.FUNDS_LOCKED, data=data, money_state=MoneyState.RESERVED, due_at=clock.now())


def _chain_leg(transfer: Transfer) -> Leg:
    asset, wallet = Asset.objects.get(pk=transfer.source_asset_id), paying_wallet(transfer.source_asset_id)
    where = {"network": asset.network, "token_contract": asset.contract, "address": transfer.destination_details["address"]}
    return _leg(transfer, CHAIN, wallet.token_account_code, {**where, "wallet": wallet.code})


def _bank_leg(transfer: Transfer) -> Leg:
    account = paying_account(SendBack.objects.select_related("arrival").get(transfer=transfer).arrival)
    leg = _leg(transfer, BANK, account.account_code, {**transfer.destination_details, "bank_account": account.code})
    names = {"end_to_end_id": leg.reference, "message_id": transfer.reference, "uetr": str(uuid.uuid4())}
    for kind, value in names.items():
        ExternalReference.objects.create(transfer=transfer, leg=leg, kind=kind, value=value, recorded_at=clock.now())
    return leg


def _leg(transfer: Transfer, rail: str, account_code: str, counterparty: dict[str, Any]) -> Leg:
    return Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference=new_reference(),
        rail=rail,
        direction=Leg.Direction.OUT,
        asset_id=transfer.source_asset_id,
        amount=transfer.source_amount,
        account_code=account_code,
        counterparty=counterparty,
        money_state=MoneyState.RESERVED,
        created_at=clock.now(),
    )
