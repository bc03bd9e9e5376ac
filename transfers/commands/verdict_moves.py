"""What a verdict does to the books and the state, in the transaction of the last vote. The transfer and its legs are locked.

The fence grows with it: a driver that is in the middle of asking the outside finds at its next write that it was overtaken.
"""

from typing import Any
from uuid import UUID

from audit import clock
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, apply_holds, open_account, post, reverse
from ledger.models import Account
from transfers import card_postings, locks, postings
from transfers.commands import moves, treasury
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.facts import facts_of, reversal_reference, taken_reference
from transfers.commands.limit_shares import give_back_limits_of
from transfers.failures import FAILURES
from transfers.models import CardRefund, Leg, Transfer
from transfers.states import MoneyState, RequestState, Status
from transfers.uncertain import BANK, CHAIN, PSP

LOST, UNPAID, UNREFUNDED = "declared_lost", "declared_unpaid", "refund_declared_unpaid"


def carry_out(transfer: Transfer, legs: dict[str, Leg], *, verdict: str, evidence: str, request_id: UUID) -> None:
    """Raises IllegalTransition, Conflict and what the ledger raises."""
    about = {"verdict": verdict, "request": str(request_id)}
    at_bank = transfer.status == Status.CONFIRMED
    if PSP in legs:
        (_refunded if verdict == "paid" else _not_refunded)(transfer, legs[PSP], evidence, about)
    elif verdict == "paid":
        (_settled if at_bank else _arrived)(transfer, legs, evidence, about)
    elif verdict == "lost" and not at_bank:
        _lost_on_chain(transfer, legs, evidence, about)
    else:
        _reversed(transfer, legs, evidence, about, code=LOST if verdict == "lost" else UNPAID)


def _arrived(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """As if the chain had shown the Transfer: the payment is booked. What sending cost is booked when the chain shows it."""
    now, goes_on = clock.now(), BANK in legs
    _leg(legs[CHAIN], MoneyState.POSTED)
    treasury.end_reservation(legs[CHAIN])
    state = RequestState.RECEIVED if goes_on else RequestState.RESPONDED
    due = now if goes_on else None
    _move(transfer, Status.CONFIRMED, evidence, about, money_state=MoneyState.POSTED, request_state=state, due_at=due)
    for posting in postings.payment(facts_of(transfer, legs), value_at=now):
        post(posting)


def _settled(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """As if the bank had said ACSC."""
    now = clock.now()
    _leg(legs[BANK], MoneyState.POSTED)
    _move(transfer, Status.FIAT_SETTLED, evidence, about, request_state=RequestState.RESPONDED, due_at=None)
    post(postings.payout(facts_of(transfer, legs), value_at=now, settled_at=now))


def _refunded(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """As if the card provider had shown the refund: one of its batches ends it."""
    now, deposit = clock.now(), CardRefund.objects.select_related("deposit").get(transfer=transfer).deposit
    _leg(leg, MoneyState.POSTED)
    state = RequestState.RESPONDED
    _move(transfer, Status.CONFIRMED, evidence, about, money_state=MoneyState.POSTED, request_state=state, due_at=now)
    told = {"refund": transfer.reference, "amount": str(transfer.source_amount), "asset": transfer.source_asset_id}
    charged, words = locks.transfer(deposit.pk), f"Refunded to the card by {transfer.reference}, on evidence that two people read."
    moves.note(charged, "transfer.card_refunded", reason=words, data=told)
    post(card_postings.refund(transfer, deposit, value_at=now))


def _not_refunded(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """The client's hold is released. Lost: what the provider owes us counts as less by it."""
    code = LOST if about["verdict"] == "lost" else UNREFUNDED
    _leg(leg, MoneyState.NONE)
    _fail(transfer, code, evidence, about, money_state=MoneyState.NONE, request_state=RequestState.RESPONDED)
    apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    if code == LOST:
        _write_off(transfer, leg)


def _lost_on_chain(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any]) -> None:
    """The client's hold is released; the tokens count as gone, since their signed bytes stay valid."""
    leg = legs[CHAIN]
    _leg(leg, MoneyState.NONE)
    treasury.end_reservation(leg)
    _fail(transfer, LOST, evidence, about, money_state=MoneyState.NONE)
    if transfer.hold_reference:
        apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    _write_off(transfer, leg)


def _reversed(transfer: Transfer, legs: dict[str, Leg], evidence: str, about: dict[str, Any], *, code: str) -> None:
    """What was taken for the payout is given back. Lost: the payout counts as gone from the nostro as well."""
    leg = legs[BANK]
    _leg(leg, MoneyState.REVERSED)
    _fail(transfer, code, evidence, about, money_state=MoneyState.REVERSED)
    reverse(
        reference_of=taken_reference(transfer),
        reference=reversal_reference(transfer),
        reason=FAILURES[code].detection,
        value_at=clock.now(),
    )
    if code == LOST:
        _write_off(transfer, leg)


def _write_off(transfer: Transfer, leg: Leg) -> None:
    """Dr write-off, Cr the wallet or nostro that it left from."""
    account = chart.expense_account_code("write-off", leg.asset_id)
    if not Account.objects.filter(code=account).exists():
        open_account(code=account, name=f"Write-off, {leg.asset_id}", kind=AccountKind.WRITE_OFF, asset_id=leg.asset_id)
    amount = int(leg.amount)
    post(
        Posting(
            reference=f"lost/{leg.reference}",
            kind="lost",
            value_at=clock.now(),
            lines=(Line.debit(account, amount), Line.credit(leg.account_code, amount)),
            description=f"Lost: {transfer.reference}",
            transaction_id=transfer.id,
            dimensions=postings.dimensions(transfer.client_id, transfer.corridor_id or ""),
        )
    )


def _fail(transfer: Transfer, code: str, evidence: str, about: dict[str, Any], **columns: Any) -> None:
    give_back_limits_of(transfer)
    texts = {"failure_code": code, "failure_message": FAILURES[code].client_text}
    _move(transfer, Status.FAILED, evidence, about | {"code": code}, due_at=None, **texts, **columns)


def _move(transfer: Transfer, target: Status, evidence: str, about: dict[str, Any], **columns: Any) -> None:
    moves.move(transfer, target, reason=evidence, data=about, fence=transfer.fence + 1, **columns)
    follow_arrival(transfer)


def _leg(leg: Leg, money: MoneyState) -> None:
    Leg.objects.filter(pk=leg.pk).update(money_state=money, request_state=RequestState.RESPONDED)
