"""Watching what was confirmed until it is final: is its block still there?

Not the driver's work, since a confirmed off-ramp waits for its bank meanwhile: each confirmed transaction has a moment of its own
(`watch_at`), claimed in the database, so any number of processes may watch at once. The watch ends at the network's final depth,
or when reconciliation has proved the transfer from our own index, which reads no deeper.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from audit import clock, context
from audit.context import Actor
from transfers import locks
from transfers.commands import moves, unproved
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.commands.advance.look import Look, keep, look
from transfers.commands.advance.outcomes import AFTER_PAYOUT, in_doubt, paid_as_ordered
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.signing import broadcast
from transfers.commands.exchanges import about
from transfers.commands.reorg import gas_of_another_block, take_back
from transfers.crashpoints import crashpoint
from transfers.database_trouble import NOT_ABOUT_IT
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.rails.base import RailError
from transfers.rails.evm.nodes import CODE, NodesDisagree
from transfers.rails.registry import rails
from transfers.states import EvidenceState, MoneyState, RequestState, Route, Status
from transfers.wording import status_text

log = logging.getLogger(__name__)
WATCHED = (Status.CONFIRMED, Status.FIAT_SETTLED)
BROKE = "watch_broken"
# Whoever claims it and dies leaves it to the next look.
CLAIMED_FOR = timedelta(seconds=30)

_CLAIM = """
    UPDATE transfers_chaintransaction SET watch_at = %(until)s
     WHERE hash IN (SELECT hash FROM transfers_chaintransaction WHERE watch_at <= %(now)s
                     ORDER BY watch_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING hash
"""


def watch_confirmed(limit: int = 50) -> int:
    """Look at up to `limit` confirmed transactions whose turn it is; how many."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"until": now + CLAIMED_FOR, "now": now, "limit": limit})
        claimed = [row[0] for row in cursor.fetchall()]
    for tx_hash in claimed:
        try:
            _watch(tx_hash)
        except NOT_ABOUT_IT:
            raise
        except Exception as surprise:  # One that breaks must not keep the others unwatched: logged, kept, alerted on.
            log.exception("the watch over %s broke", tx_hash)
            _mark(tx_hash, f"{BROKE}: unexpected {type(surprise).__name__}; see the log")
    return len(claimed)


def _mark(tx_hash: str, words: str) -> None:
    Transfer.objects.filter(legs__chain_transactions=tx_hash, status__in=WATCHED).update(last_error=words)


def _watch(tx_hash: str) -> None:
    transfer = Transfer.objects.get(legs__chain_transactions=tx_hash)
    with about(transfer.id):
        _look_at(transfer, tx_hash)


def _look_at(transfer: Transfer, tx_hash: str) -> None:
    try:
        seen = look(transfer.id)
    except RailError as trouble:
        log.warning("transfer %s cannot be watched: %s", transfer.id, trouble)
        if isinstance(trouble, NodesDisagree):
            Transfer.objects.filter(pk=transfer.id, status__in=WATCHED).update(last_error=f"{CODE}: {trouble}")
        return
    proved = _is_proved(transfer, tx_hash, seen)
    crashpoint("watch.after_call")
    with context.bind(Actor.system("chain-watch"), correlation_id=transfer.correlation_id):
        with transaction.atomic():
            _act(locks.transfer(transfer.id), tx_hash, seen, proved=proved)
            crashpoint("watch.before_commit")
        crashpoint("watch.after_commit")
        if seen.forgotten:
            _send_again(tx_hash)


def _is_proved(transfer: Transfer, tx_hash: str, seen: Look) -> bool:
    """Whether what was seen may be believed: of a block that is gone every node must show another one, and one that is silent does
    not. What was told before needs no second proof."""
    sent, state = ChainTransaction.objects.get(pk=tx_hash), seen.states[tx_hash]
    is_there = state.in_a_block and state.block_hash == sent.block_hash
    if is_there or transfer.money_state == MoneyState.EXCEPTION or sent.block_number is None:
        return all(shown.unanimous for shown in seen.states.values())
    try:
        return rails().evm.is_replaced(sent.block_number, sent.block_hash)
    except RailError as trouble:
        log.warning("transfer %s: %s", transfer.id, trouble)
        return False


def _act(transfer: Transfer, tx_hash: str, seen: Look, *, proved: bool) -> None:
    sent = ChainTransaction.objects.select_related("leg", "wallet").get(pk=tx_hash)
    legs, state = locks.legs(transfer.id), seen.states[tx_hash]
    if sent.watch_at is None or not _is_watched(transfer, legs[CHAIN]) or legs[CHAIN].evidence_state == EvidenceState.REPAIRED:
        # Over, or decided by people.
        ChainTransaction.objects.filter(pk=tx_hash).update(watch_at=None)
        return
    if transfer.last_error.startswith((CODE, BROKE)):
        moves.set_columns(transfer, last_error="")
    if not proved or not all(shown.unanimous for shown in seen.states.values()):
        ChainTransaction.objects.filter(pk=tx_hash).update(watch_at=next_look_at_chain())
        unproved.tell(transfer)
        return
    if unproved.is_told(transfer):
        moves.set_columns(transfer, last_error="")
    if state.in_a_block and state.block_hash == sent.block_hash and legs[CHAIN].money_state != MoneyState.EXCEPTION:
        _still_there(sent, state.confirmations)
    elif _bank_was_ordered(legs):
        _after_payout(transfer, legs, sent, seen)
    else:
        take_back(transfer, legs, sent)
        keep(seen)


def _is_watched(transfer: Transfer, leg: Leg) -> bool:
    """Tokens in doubt are on no side, also when the bank has rejected the payout meanwhile, or sent it back."""
    return transfer.status in WATCHED or (transfer.status == Status.FAILED and leg.money_state == MoneyState.EXCEPTION)


def _still_there(sent: ChainTransaction, confirmations: int) -> None:
    final = confirmations >= rails().evm.final_depth
    ChainTransaction.objects.filter(pk=sent.pk).update(
        confirmations=confirmations, watch_at=None if final else next_look_at_chain()
    )


def _bank_was_ordered(legs: dict[str, Leg]) -> bool:
    return BANK in legs and legs[BANK].request_state != RequestState.RECEIVED


def _after_payout(transfer: Transfer, legs: dict[str, Leg], sent: ChainTransaction, seen: Look) -> None:
    """The bank may have paid: nothing is reversed. The exception ends when the tokens' way to the partner is final again."""
    mined = seen.mined
    if mined is not None and seen.final and paid_as_ordered(legs[CHAIN], mined, seen.states[mined.hash]):
        state = seen.states[mined.hash]
        gas_of_another_block(transfer, sent, mined, state)
        keep(seen)
        Leg.objects.filter(pk=legs[CHAIN].pk).update(money_state=MoneyState.POSTED)
        # Of what the bank contradicts the chain says nothing: that stays in exception.
        if legs[CHAIN].money_state == transfer.money_state == MoneyState.EXCEPTION:
            data = {"code": AFTER_PAYOUT, "tx_hash": mined.hash, "block_number": state.block_number}
            text = status_text(Route(transfer.route), Status(transfer.status))
            # The bank is asked next: what it said meanwhile was not acted on.
            known: dict[str, Any] = {"money_state": MoneyState.POSTED, "status_text": text, "last_error": "", "due_at": clock.now()}
            moves.note(transfer, "transfer.doubt_ended", data=data, **known)
        elif (mined.hash, state.block_hash) != (sent.hash, sent.block_hash):
            reason = f"Block {sent.block_number} is no longer part of the chain; its payment is in block {state.block_number} now."
            moves.note(
                transfer, moves.BLOCK_CHANGED, reason=reason, data={"tx_hash": mined.hash, "block_number": state.block_number}
            )
        ChainTransaction.objects.filter(pk=sent.pk).update(watch_at=None)
        deep = state.confirmations >= rails().evm.final_depth
        ChainTransaction.objects.filter(pk=mined.pk).update(watch_at=None if deep else next_look_at_chain())
        return
    if seen.final:
        # Another of its attempts has used the nonce: on record, so that people may say that the partner gets nothing by this one.
        keep(seen)
    due = transfer.due_at
    if transfer.status in WATCHED and transfer.money_state != MoneyState.EXCEPTION:
        in_doubt(transfer, legs[CHAIN], AFTER_PAYOUT, tx_hash=sent.hash, block_hash=sent.block_hash)
        # The bank goes on being asked when it would have been.
        moves.set_columns(transfer, due_at=due)
    ChainTransaction.objects.filter(pk=sent.pk).update(watch_at=next_look_at_chain())


def _send_again(tx_hash: str) -> None:
    """For a transfer that stays where it is; one that is REORGED is sent again by the driver."""
    sent = ChainTransaction.objects.exclude(watch_at=None).select_related("leg").filter(pk=tx_hash).first()
    if sent is None:
        return
    try:
        broadcast(sent.leg, sent)
    except RailError as trouble:
        log.warning("%s was not taken again: %s", tx_hash, trouble)
