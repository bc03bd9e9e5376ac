"""What follows when one attempt of a leg is final: paid, reverted, recalled, or something that people have to look at. Each in the
step's transaction, transfer and legs locked."""

from typing import Any

from audit import clock
from ledger.commands import apply_holds, post
from transfers import machines, postings
from transfers.commands import calls, moves, treasury
from transfers.commands.advance import signing
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.commands.advance.look import Look
from transfers.commands.advance.polling import look_again_at_doubt, next_look_at_chain
from transfers.commands.advance.rehearse import meaning_of
from transfers.commands.advance.signing import Outcome
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.ending import paid_beside_the_chain
from transfers.commands.facts import confirmation_of, facts_of
from transfers.commands.limit_shares import give_back_limits_of
from transfers.failures import FAILURES
from transfers.models import ChainTransaction, Leg, ProviderCall, Transfer
from transfers.rails.evm import ChainState
from transfers.rails.registry import rails
from transfers.states import MoneyState, RequestState, Route, Status

WATCHED_FROM_VERSION = 2
AFTER_PAYOUT = "reorged_after_payout"


def conclude(transfer: Transfer, legs: dict[str, Leg], seen: Look, *, revert_reason: str) -> None:
    """The attempt that is mined is deep enough."""
    sent = seen.mined
    if sent is None:
        raise ValueError("nothing is mined")
    _close_open_calls(sent)
    state = seen.states[sent.hash]
    if seen.pays_nobody and paid_beside_the_chain(legs):
        in_doubt(transfer, legs[CHAIN], AFTER_PAYOUT, tx_hash=sent.hash, block_number=state.block_number)
    elif state.status == "reverted":
        _reverted(transfer, sent, state, revert_reason)
    elif sent.purpose == ChainTransaction.Purpose.CANCEL:
        _recalled(transfer, sent, state)
    elif paid_as_ordered(legs[CHAIN], sent, state):
        _confirmed(transfer, legs, sent, state)
    else:
        in_doubt(transfer, legs[CHAIN], "transfer_log_missing", transfer_logs=len(state.transfers), block_number=state.block_number)


def _close_open_calls(sent: ChainTransaction) -> None:
    """What was asked of signer and node for other attempts and has no answer: nobody asks again, their nonce is used."""
    calls.finish(
        signing.broadcast_key(sent.leg, sent.attempt),
        outcome=Outcome.ANSWERED,
        response=sent.hash,
        summary="The chain shows the transaction in a block.",
    )
    unanswered = ProviderCall.objects.filter(
        leg=sent.leg, operation__in=("sign", "sign_cancel", "broadcast"), outcome__in=(Outcome.INTENT, Outcome.UNKNOWN)
    )
    for key in unanswered.values_list("key", flat=True):
        calls.finish(key, outcome=Outcome.REFUSED, response="", summary="Not needed any more: another attempt used the nonce.")


def paid_as_ordered(leg: Leg, sent: ChainTransaction, state: ChainState) -> bool:
    """Whether exactly one Transfer log of the token moves exactly this amount from its payer to the recipient."""
    contract, recipient = leg.counterparty["token_contract"].lower(), leg.counterparty["address"].lower()
    payer: str = leg.counterparty.get("payer") or sent.wallet.address
    of_token = [log for log in state.transfers if log.contract.lower() == contract]
    return len(of_token) == 1 and (of_token[0].sender.lower(), of_token[0].recipient.lower(), of_token[0].amount) == (
        payer.lower(),
        recipient,
        leg.amount,
    )


def in_doubt(transfer: Transfer, leg: Leg, code: str, **facts: Any) -> None:
    """Not what was ordered: told once, then only looked at again, since a reorg may still change the story."""
    again = look_again_at_doubt()
    if transfer.money_state == MoneyState.EXCEPTION:
        moves.set_columns(transfer, due_at=again)
        return
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.EXCEPTION)
    moves.note(
        transfer,
        "transfer.payment_in_doubt",
        reason=FAILURES[code].detection,
        data={"code": code, **facts},
        money_state=MoneyState.EXCEPTION,
        status_text=FAILURES[code].client_text,
        last_error=f"{code}: {FAILURES[code].detection}",
        due_at=again,
    )


def book_gas(transfer: Transfer, sent: ChainTransaction, state: ChainState, *, confirmation: int) -> None:
    if state.gas_cost:
        post(
            postings.gas(
                transfer_id=transfer.id,
                tx_hash=sent.hash,
                gas_asset=treasury.gas_asset(sent.wallet.network),
                gas_account=sent.wallet.gas_account_code,
                cost=state.gas_cost,
                value_at=clock.now(),
                spent_for=postings.dimensions(transfer.client_id, transfer.corridor_id or ""),
                confirmation=confirmation,
            )
        )


def _confirmed(transfer: Transfer, legs: dict[str, Leg], sent: ChainTransaction, state: ChainState) -> None:
    now = clock.now()
    Leg.objects.filter(pk=legs[CHAIN].pk).update(money_state=MoneyState.POSTED)
    treasury.end_reservation(legs[CHAIN])
    if transfer.machine_version >= WATCHED_FROM_VERSION and state.confirmations < rails().evm.final_depth:
        ChainTransaction.objects.filter(pk=sent.pk).update(watch_at=next_look_at_chain())
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"tx_hash": sent.hash, "block_number": state.block_number, "block_hash": state.block_hash},
        money_state=MoneyState.POSTED,
        request_state=RequestState.RECEIVED if BANK in legs else RequestState.RESPONDED,
        due_at=now if BANK in legs else None,
    )
    follow_arrival(transfer)
    facts = facts_of(transfer, legs)
    for posting in postings.payment(facts, value_at=now):
        post(posting)
    book_gas(transfer, sent, state, confirmation=facts.confirmation)


def _reverted(transfer: Transfer, sent: ChainTransaction, state: ChainState, revert_reason: str) -> None:
    code = meaning_of(revert_reason) or "reverted_on_chain"
    words = f" The contract said: {revert_reason}." if revert_reason else ""
    facts = {"tx_hash": sent.hash, "block_number": state.block_number, "revert_reason": revert_reason}
    _give_back(transfer, Status.FAILED, code, sent, state, reason=f"{FAILURES['reverted_on_chain'].detection}{words}", facts=facts)


def _recalled(transfer: Transfer, sent: ChainTransaction, state: ChainState) -> None:
    code = "recalled"
    cancellable = machines.may(Route(transfer.route), transfer.machine_version, Status.SENT_ON_CHAIN, Status.CANCELLED)
    target = Status.CANCELLED if cancellable else Status.FAILED
    facts = {"tx_hash": sent.hash, "block_number": state.block_number}
    _give_back(transfer, target, code, sent, state, reason=FAILURES[code].detection, facts=facts)


def _give_back(
    transfer: Transfer,
    target: Status,
    code: str,
    sent: ChainTransaction,
    state: ChainState,
    *,
    reason: str,
    facts: dict[str, Any],
) -> None:
    """The nonce is used and nobody was paid, over no other rail either: everything comes back but the gas."""
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.NONE)
    give_back_limits_of(transfer)
    treasury.end_reservation(sent.leg)
    moves.move(
        transfer,
        target,
        reason=reason,
        data={"code": code, **facts},
        failure_code=code,
        failure_message=FAILURES[code].client_text,
        money_state=MoneyState.NONE,
        due_at=None,
    )
    follow_arrival(transfer)
    if transfer.hold_reference:
        apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    book_gas(transfer, sent, state, confirmation=confirmation_of(transfer))
