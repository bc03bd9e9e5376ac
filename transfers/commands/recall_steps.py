"""Recalls that are due: the bank is asked once, by intent, call and outcome, and then how it stands until it has answered.

After a lost answer the bank is asked by the recall's own reference; only when it says itself that it was never asked is the same
request sent again under the same reference. Each claim pushes the next try away, so two workers do not ask at once; if they do, the
second finds the answer of the first.
"""

import json
import logging
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from audit import clock, context
from audit.context import Actor
from ledger.queries import unit
from transfers import locks
from transfers.commands import calls, exchanges, moves
from transfers.commands.advance.payout_order import key_of, provider_of
from transfers.commands.recall_states import ACCEPTED, ASKED, REFUSED, UNANSWERED
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.models import BankAccount, PayoutRecall, ProviderCall, Transfer
from transfers.rails.bank import RecallAnswer, RecallRequest
from transfers.rails.base import RailError, TerminalError, UnknownOutcome
from transfers.rails.registry import rails
from transfers.states import TERMINAL, Route, Status
from transfers.wording import status_text

log = logging.getLogger(__name__)
NOT_FOUND = "NOTFOUND"
# So long nobody else takes a recall that somebody has taken.
CLAIM, FIRST_LOOK, LONGEST_PAUSE = timedelta(minutes=1), timedelta(seconds=1), timedelta(hours=1)
_IN_WORDS = {"accepted": PayoutRecall.Status.ACCEPTED, "refused": PayoutRecall.Status.REFUSED, "pending": PayoutRecall.Status.ASKED}
_EVENTS = {
    PayoutRecall.Status.ASKED: ASKED,
    PayoutRecall.Status.ACCEPTED: ACCEPTED,
    PayoutRecall.Status.REFUSED: REFUSED,
    PayoutRecall.Status.UNANSWERED: UNANSWERED,
}
_CODES = {PayoutRecall.Status.REFUSED: "recall_refused", PayoutRecall.Status.UNANSWERED: "recall_unanswered"}
TOLD = "We have asked the bank to send your payout back. You will hear of its answer."
COMING = "The bank is sending your payout back. It is in your balance as soon as it has arrived."


def recall_due(limit: int = 20) -> int:
    """Take up to `limit` recalls one step further; how many."""
    for done in range(limit):
        if not _next():
            return done
    return limit


def _next() -> bool:
    """One recall, or False when none is due. A rail's trouble is written on its row and tried again."""
    recall = _claimed()
    if recall is None:
        return False
    crashpoint("payout_recall.after_claim")
    told = context.bind(Actor.system("driver"), correlation_id=recall.transfer.correlation_id)
    with told, exchanges.about(recall.transfer_id), exchanges.under(_key(recall)):
        try:
            _step(recall)
        except RailError as trouble:
            log.warning("recall %s is put off: %s", recall.reference, trouble)
            pause = min(FIRST_LOOK * 2 ** min(recall.attempts, 12), LONGEST_PAUSE)
            PayoutRecall.objects.filter(pk=recall.pk, due_at__isnull=False).update(
                attempts=F("attempts") + 1, last_error=str(trouble), due_at=clock.now() + pause
            )
    return True


def _claimed() -> PayoutRecall | None:
    with transaction.atomic():
        due = PayoutRecall.objects.filter(due_at__lte=clock.now()).select_related("transfer", "leg").order_by("due_at")
        recall = due.select_for_update(skip_locked=True, of=("self",)).first()
        if recall is not None:
            PayoutRecall.objects.filter(pk=recall.pk).update(due_at=clock.now() + CLAIM)
    return recall


def _step(recall: PayoutRecall) -> None:
    """Raises RetryableError and UnknownOutcome."""
    known = calls.found(_key(recall))
    request = json.loads(known.request) if known else _intend(recall)
    crashpoint("payout_recall.after_intent")
    answer = rails().bank_of(provider_of(recall.leg)).recall_status(recall.reference) if known else _send(recall, request)
    if answer.answer == NOT_FOUND:
        answer = _send(recall, request)
    crashpoint("payout_recall.after_call")
    with transaction.atomic():
        transfer = locks.transfer(recall.transfer_id)
        outcome = ProviderCall.Outcome.REFUSED if answer.answer == "refused" else ProviderCall.Outcome.ANSWERED
        said = f"The bank answered {answer.answer}{f' ({answer.reason})' if answer.reason else ''}. {answer.deviates}".rstrip()
        calls.finish(_key(recall), outcome=outcome, response=answer.raw_response, summary=said)
        _act_on(transfer, PayoutRecall.objects.select_for_update().get(pk=recall.pk), answer)
        crashpoint("payout_recall.before_outcome")


def _key(recall: PayoutRecall) -> str:
    return f"{recall.reference}/recall"


def _intend(recall: PayoutRecall) -> dict[str, Any]:
    request = _drawn_up(recall)
    with transaction.atomic():
        transfer = locks.transfer(recall.transfer_id)
        account = BankAccount.objects.get(code=recall.leg.counterparty["bank_account"])
        calls.begin(
            key=_key(recall), transfer=transfer, leg=recall.leg, provider=account.provider, operation="recall", request=request
        )
    return request


def _drawn_up(recall: PayoutRecall) -> dict[str, Any]:
    """As the payment was ordered: from its own request, whether it went alone or in a batch."""
    leg = recall.leg
    ordered = ProviderCall.objects.filter(key=key_of(leg)).values_list("request", flat=True).first()
    order: dict[str, Any] = json.loads(ordered) if ordered else {}
    account, names = (
        BankAccount.objects.get(code=leg.counterparty["bank_account"]),
        {name.kind: name.value for name in leg.external_references.all()},
    )
    currency = unit(leg.asset_id)
    return {
        "recall_id": recall.reference,
        "message_id": str((order.get("message_id") if leg.batch_id else "") or names["message_id"]),
        "end_to_end_id": names["end_to_end_id"],
        "uetr": names["uetr"],
        "amount_minor": int(leg.amount),
        "currency": currency.code,
        "exponent": currency.exponent,
        "execution_date": order.get("execution_date") or (leg.value_date or recall.ordered_at.date()).isoformat(),
        "debtor_name": account.holder,
        "bank_bic": account.bic,
        "reason_code": recall.reason_code,
        "words": recall.reason,
    }


def _send(recall: PayoutRecall, request: dict[str, Any]) -> RecallAnswer:
    """Raises RetryableError, and UnknownOutcome, which is kept on record."""
    try:
        asked = RecallRequest(**{**request, "execution_date": date.fromisoformat(request["execution_date"])})
        return rails().bank_of(provider_of(recall.leg)).recall(asked)
    except UnknownOutcome as error:
        unknown = "The bank's answer did not arrive."
        calls.finish(_key(recall), outcome=ProviderCall.Outcome.UNKNOWN, response=str(error), summary=unknown)
        raise
    except TerminalError as error:
        return RecallAnswer("refused", str(error), "", str(error))


def _act_on(transfer: Transfer, recall: PayoutRecall, answer: RecallAnswer) -> None:
    now = clock.now()
    status = _IN_WORDS[answer.answer]
    if status == PayoutRecall.Status.ASKED and now >= recall.give_up_at:
        status = PayoutRecall.Status.UNANSWERED
    if recall.due_at is None or status == recall.status:
        _look_again(recall, now)
        return
    over = status != PayoutRecall.Status.ASKED
    _change(recall.pk, status, answer=answer.reason, due_at=None if over else now + FIRST_LOOK)
    data = {"recall": str(recall.pk), "leg": recall.leg.reference, "answer": answer.reason}
    if status in _CODES:
        data["code"] = _CODES[status]
    reason = FAILURES[_CODES[status]].detection if status in _CODES else ""
    moves.note(transfer, _EVENTS[status], reason=reason, data=data, **_told(transfer, status))


def _change(recall_id: UUID, status: PayoutRecall.Status, **columns: Any) -> None:
    PayoutRecall.objects.filter(pk=recall_id).update(status=status, version=F("version") + 1, attempts=0, last_error="", **columns)


def _look_again(recall: PayoutRecall, now: datetime) -> None:
    """A tenth of the time it has taken so far: often at first, then patiently. Nothing more once it is over."""
    if recall.due_at is not None:
        pause = min(max((now - recall.ordered_at) / 10, FIRST_LOOK), LONGEST_PAUSE)
        PayoutRecall.objects.filter(pk=recall.pk).update(due_at=now + pause, attempts=0, last_error="")


def _told(transfer: Transfer, status: PayoutRecall.Status) -> dict[str, str]:
    """What the client reads. One that has ended otherwise by now is told nothing more."""
    if transfer.status in TERMINAL - {Status.RECONCILED}:
        return {}
    if status == PayoutRecall.Status.ASKED:
        return {"status_text": TOLD}
    if status == PayoutRecall.Status.ACCEPTED:
        return {"status_text": COMING}
    return {"status_text": status_text(Route(transfer.route), Status(transfer.status))}
