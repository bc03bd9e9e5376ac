"""What a verdict does to the books and the state, in the transaction of the last vote. The transfer and its legs are locked.

Each verdict books what the outside's answer would have booked; what is lost is the house's.
"""

from typing import Any
from uuid import UUID

from audit import clock
from ledger.commands import apply_holds, post, reverse
from transfers import postings
from transfers.commands import treasury, verdict_cards, verdict_tokens
from transfers.commands.deadlines import deadline
from transfers.commands.facts import facts_of, reversal_reference, taken_reference
from transfers.commands.returns import reverse_payout
from transfers.commands.verdict_steps import LOST, book_gas, fails, goes_on, leg_is, leg_is_decided, stays, write_off
from transfers.failures import FAILURES
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.states import EvidenceState, MoneyState, RequestState, Route, Status
from transfers.uncertain import BANK, CHAIN, DISPUTE, PSP, TOKENS, uncertainty_of
from transfers.wording import status_text

UNPAID = "declared_unpaid"


def carry_out(transfer: Transfer, legs: dict[str, Leg], *, verdict: str, evidence: str, request_id: UUID) -> None:
    """Raises IllegalTransition, Conflict and what the ledger raises."""
    about = {"verdict": verdict, "request": str(request_id)}
    uncertain = uncertainty_of(transfer, legs)
    if PSP in legs:
        verdict_cards.decided(transfer, legs[PSP], evidence, about)
    elif uncertain is TOKENS:
        verdict_tokens.decided(transfer, legs, evidence, about)
    elif uncertain is DISPUTE:
        (_payout_stands if verdict == "paid" else _payout_undone)(transfer, legs[BANK], evidence, about)
    elif transfer.status == Status.CONFIRMED:
        (_settled if verdict == "paid" else _reversed)(transfer, legs, evidence, about)
    else:
        (_arrived if verdict == "paid" else _lost_on_chain)(transfer, legs, evidence, about)


def _arrived(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """As if the chain had shown the Transfer: the payment is booked, and needs no more proof. What sending cost is what the chain
    shows of that."""
    now, has_bank = clock.now(), BANK in legs
    leg_is(legs[CHAIN], MoneyState.POSTED)
    leg_is_decided(legs[CHAIN], MoneyState.POSTED)
    treasury.end_reservation(legs[CHAIN])
    state = RequestState.RECEIVED if has_bank else RequestState.RESPONDED
    due = now if has_bank else None
    repaired = {"money_state": MoneyState.POSTED, "evidence_state": EvidenceState.REPAIRED}
    goes_on(transfer, Status.CONFIRMED, evidence, about, request_state=state, due_at=due, **repaired)
    facts = facts_of(transfer, legs)
    for posting in postings.payment(facts, value_at=now):
        post(posting)
    mined = ChainTransaction.objects.select_related("wallet").filter(leg=legs[CHAIN], block_number__isnull=False)
    if (sent := mined.order_by("-attempt").first()) is not None:
        book_gas(transfer, sent, facts.confirmation)


def _settled(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """As if the bank had said ACSC."""
    now = clock.now()
    leg_is(legs[BANK], MoneyState.POSTED)
    goes_on(transfer, Status.FIAT_SETTLED, evidence, about, request_state=RequestState.RESPONDED, due_at=None)
    post(postings.payout(facts_of(transfer, legs), value_at=now, settled_at=now))


def _lost_on_chain(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """The client's hold is released; the tokens count as gone, since their signed bytes stay valid. What was promised of an account
    at a bank is free again. The driver goes on until the nonce is used up, for the wallet's later payments wait behind it."""
    leg = legs[CHAIN]
    leg_is(leg, MoneyState.NONE)
    Leg.objects.filter(transfer=transfer).update(money_state=MoneyState.NONE)
    treasury.end_reservation(leg)
    fails(transfer, LOST, evidence, about, due_at=clock.now(), money_state=MoneyState.NONE)
    if transfer.hold_reference:
        apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    write_off(transfer, leg, gone_from=leg.account_code)


def _reversed(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """What was taken for the payout is given back. Lost: the payout counts as gone from the nostro as well."""
    leg, code = legs[BANK], LOST if about["verdict"] == "lost" else UNPAID
    leg_is(leg, MoneyState.REVERSED)
    fails(transfer, code, evidence, about, money_state=MoneyState.REVERSED)
    reverse(
        reference_of=taken_reference(transfer),
        reference=reversal_reference(transfer),
        reason=FAILURES[code].detection,
        value_at=clock.now(),
    )
    if code == LOST:
        write_off(transfer, leg, gone_from=leg.account_code)


def _payout_stands(transfer: Transfer, _: Leg, evidence: str, about: dict[str, Any]) -> None:
    """As if the bank stood by its word."""
    status = Status(transfer.status)
    stays(
        transfer,
        "transfer.dispute_ended",
        evidence,
        about,
        money_state=MoneyState.POSTED,
        evidence_state=EvidenceState.REPAIRED,
        status_text=status_text(Route(transfer.route), status),
        deadline_at=deadline(transfer, status, transfer.state_entered_at),
        due_at=None,
    )


def _payout_undone(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """As if all of it had come back. Lost: it counts as gone from the nostro all the same."""
    code = LOST if about["verdict"] == "lost" else UNPAID
    leg_is(leg, MoneyState.REVERSED)
    repaired = EvidenceState.REPAIRED
    fails(transfer, code, evidence, about, money_state=MoneyState.REVERSED, evidence_state=repaired)
    reverse_payout(transfer, FAILURES[code].detection)
    if code == LOST:
        write_off(transfer, leg, gone_from=leg.account_code)
