"""Closing and reopening accounting months through four eyes: the registered action `ledger.period`."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.requests import open_request
from approvals.corrections.quorum import ROLE
from approvals.corrections.words import why_not
from approvals.errors import QuorumTooSmall
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput, Fact, VoteOutcome
from audit import clock
from ledger.commands import close_period, reopen_period
from ledger.errors import PeriodUnchanged

PERIOD = "ledger.period"
CLOSE, REOPEN = "close", "reopen"
# Figures that were reported may change again after a reopening.
_QUORUM = {CLOSE: 1, REOPEN: 2}
LIVES = timedelta(hours=24)


@transaction.atomic
def request_period(*, verb: str, month: date, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask for a month to be closed or reopened. It is rehearsed first, proofs included; nothing of that stays.

    Raises RequestAlreadyPending, Unknown (the maker), PeriodUnchanged (it is so already), PeriodNotOver, PeriodGap, PeriodNotLast,
    BooksBroken.
    """
    first = month.replace(day=1)
    with transaction.atomic():
        _set(verb, first, reason, {})
        transaction.set_rollback(True)
    content = {"type": PERIOD, "verb": verb, "month": f"{first:%Y-%m}", "reason": reason.strip()}
    return open_request(
        action=PERIOD,
        subject_type="period",
        subject_id=content["month"],
        client_id="",
        title=title(content),
        payload=content,
        quorum=_QUORUM[verb],
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def decide_period(vote: DecideInput) -> VoteOutcome:
    """One vote on a `ledger.period` request; the one that completes the quorum closes or reopens in the same transaction.

    Raises what `cast_vote` raises, and NotCarriedOut when the books refuse it by now.
    """
    return decide_and_carry_out(vote, before=lambda _: None, carry_out=_carry_out, why_not=why_not)


def title(content: dict[str, Any]) -> str:
    return f"{content['verb'].capitalize()} the month {content['month']}"


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver of a `ledger.period` reads."""
    effect = {
        CLOSE: "Nothing is valued inside it any more; what comes late is booked in an open month and linked.",
        REOPEN: "Postings can be valued inside it again, so that figures already reported can change.",
    }
    return [
        Fact("Month", content["month"]),
        Fact("What", content["verb"].capitalize()),
        Fact("Effect", effect[content["verb"]]),
        Fact("Why", content["reason"]),
    ]


def _carry_out(request: ApprovalRequest, content: dict[str, Any]) -> None:
    """Raises QuorumTooSmall for a request that was made with fewer people, or another role, than this needs."""
    if request.quorum < _QUORUM[content["verb"]] or request.role != ROLE:
        raise QuorumTooSmall
    month = date.fromisoformat(f"{content['month']}-01")
    _set(content["verb"], month, content["reason"], {"approval_request": str(request.id)})


def _set(verb: str, month: date, reason: str, record: dict[str, str]) -> None:
    changed = {CLOSE: close_period, REOPEN: reopen_period}[verb](month=month, reason=reason, record=record)
    if not changed:
        raise PeriodUnchanged(month.isoformat())
