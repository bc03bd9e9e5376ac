"""Taking a confirmed payment back because its block is gone: the ledger reversal, the new hold and the move are one database
transaction, so that the money is never free in between. The transfer and its legs are locked by the caller."""

from audit import clock
from ledger import chart
from ledger.commands import PlaceHold, reverse
from ledger.models import LedgerTransaction
from transfers import postings
from transfers.commands import moves, payload, treasury
from transfers.commands.advance.batch_content import leave
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.commands.advance.outcomes import book_gas
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.facts import confirmation_of, facts_of
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.rails.evm import ChainState
from transfers.states import MoneyState, RequestState, Status

CODE, GAS = "reorged", "network_fee"


def take_back(transfer: Transfer, legs: dict[str, Leg], sent: ChainTransaction) -> None:
    """CONFIRMED to REORGED, before its bank was ordered. Raises IllegalTransition, and what the ledger raises when a posting cannot
    be reversed."""
    leg, facts, times = legs[CHAIN], facts_of(transfer, legs), confirmation_of(transfer)
    # What nobody had on hold when it went is on nobody's account when it is back.
    hold = f"{payload.hold_reference(transfer.reference)}/reorg-{times}" if transfer.hold_reference else ""
    reason = f"Block {sent.block_number} ({sent.block_hash}) is no longer part of the chain."
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.RESERVED)
    if BANK in legs:
        # It waits in a message that others send: nobody is paid for tokens that have not reached the partner.
        leave(legs[BANK])
    ChainTransaction.objects.filter(pk=sent.pk).update(watch_at=None)
    treasury.reopen_reservation(leg)
    moves.move(
        transfer,
        Status.REORGED,
        reason=reason,
        data={"code": CODE, "tx_hash": sent.hash, "block_hash": sent.block_hash, "confirmation": times},
        money_state=MoneyState.RESERVED,
        request_state=RequestState.RESPONDED,
        hold_reference=hold,
        due_at=clock.now(),
    )
    follow_arrival(transfer)
    account = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    placed: tuple[PlaceHold, ...] = (PlaceHold(hold, account, facts.principal + facts.fee),) if hold else ()
    for booked in postings.payment(facts, value_at=clock.now()):
        _reverse(booked.reference, reason, placed)
        placed = ()
    _reverse_gas(sent, times, reason)


def gas_of_another_block(transfer: Transfer, sent: ChainTransaction, mined: ChainTransaction, state: ChainState) -> None:
    """What was not taken back is in another block now, where its gas had another price: the old posting is reversed, the new one
    numbered after it. Call it before what is known of `sent` is overwritten."""
    if (mined.hash, state.gas_cost) == (sent.hash, sent.gas_cost):
        return
    booked = LedgerTransaction.objects.filter(transaction_id=transfer.id, kind=GAS).order_by("booked_at")
    before = booked.last()
    if before is not None:
        _reverse(before.reference, f"Block {sent.block_number} ({sent.block_hash}) is no longer part of the chain.")
    book_gas(transfer, mined, state, confirmation=booked.count() + 1)


def _reverse(reference: str, reason: str, holds: tuple[PlaceHold, ...] = ()) -> None:
    reverse(reference_of=reference, reference=f"reorg/{reference}", reason=reason, value_at=clock.now(), holds=holds)


def _reverse_gas(sent: ChainTransaction, times: int, reason: str) -> None:
    """What was never mined cost nothing. A chain without gas has no such posting."""
    if sent.gas_cost:
        _reverse(postings.gas_reference(sent.hash, times), reason)
