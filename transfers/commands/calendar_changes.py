"""A bank's calendar through four eyes: the registered action `config.change`, for its cut-off and its days.

Treasury asks, an approver who did not ask decides, and the last vote adds a reading of the calendar from a moment on. The payload
is the whole reading, so that what was approved is what stands afterwards; zone, hours, market and promises are as they were.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.requests import open_request
from approvals.errors import QuorumTooSmall
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from transfers.calendars import Calendar
from transfers.commands.calendar_words import LABELS, changes, days_of, written
from transfers.commands.calendars import read, row_at, set_calendar
from transfers.errors import Conflict, Refused
from transfers.models import BankCalendar

ACTION = "config.change"
SCHEMA = "config.change/bank_calendar/1"
SUBJECT = "bank_calendar"
ROLE, QUORUM = "approver", 1
LIVES = timedelta(hours=24)
_LONGEST_TITLE = 200


@transaction.atomic
def request_calendar(
    *,
    code: str,
    cut_off: time | None,
    also_closed: Sequence[str],
    also_open: Sequence[str],
    from_day: date | None,
    reason: str,
    maker: UUID,
) -> ApprovalRequest:
    """Ask that a calendar read so from the beginning of `from_day` on, in the calendar's zone; None: as soon as it is approved.
    Nothing changes yet.

    Raises Refused (with the field) for what makes no sense, RequestAlreadyPending, Unknown (the maker).
    """
    begins = _beginning(code, from_day)
    row = _base(code, begins or clock.now())
    was = read(row)
    wanted = _wanted(was, cut_off, also_closed, also_open)
    if wanted == was:
        raise Refused("calendar_unchanged", "It reads so already.", {"cut_off": "Change this, or one of the days."})
    content = {
        "schema": SCHEMA,
        "calendar": code,
        "based_on": str(row.pk),
        "valid_from": begins.isoformat() if begins else "",
        "before": written(was),
        "after": written(wanted),
        "reason": reason.strip(),
    }
    return open_request(
        action=ACTION,
        subject_type=SUBJECT,
        subject_id=code,
        client_id="",
        title=title(content),
        payload=content,
        quorum=QUORUM,
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def _beginning(code: str, day: date | None) -> datetime | None:
    """Midnight where the bank is. Raises Refused for a day that has begun."""
    if day is None:
        return None
    begins = datetime.combine(day, time(0), tzinfo=read(_base(code, clock.now())).tz)
    if begins <= clock.now():
        raise Refused("calendar_invalid", "It cannot begin in the past.", {"from_day": "A day after today, or empty."})
    return begins


def _base(code: str, moment: datetime) -> BankCalendar:
    """The reading that the new one replaces. Raises Refused where there is none, or one begins later."""
    row = row_at(code, moment)
    if row is None:
        raise Refused("calendar_unknown", f"There is no calendar {code}.")
    later = BankCalendar.objects.filter(code=code, valid_from__gt=moment).order_by("valid_from").first()
    if later is not None:
        words = f"Another reading begins on {later.valid_from:%Y-%m-%d}: choose a day after it."
        raise Refused("calendar_invalid", words, {"from_day": words})
    return row


def _wanted(was: Calendar, cut_off: time | None, also_closed: Sequence[str], also_open: Sequence[str]) -> Calendar:
    """Raises Refused (with the field) for a calendar that cannot be kept."""
    latest = was.closes
    if cut_off is not None and (cut_off <= was.opens or (latest is not None and cut_off > latest)):
        hours = f"After {was.opens:%H:%M}, and not after {latest:%H:%M}." if latest else f"After {was.opens:%H:%M}."
        raise Refused("calendar_invalid", "The cut-off lies outside its hours.", {"cut_off": hours})
    closed = days_of(also_closed, "also_closed", yearly=True)
    opened = days_of(also_open, "also_open")
    if both := sorted(closed & opened):
        words = f"{both[0]} cannot be both closed and open."
        raise Refused("calendar_invalid", words, {"also_open": words})
    return replace(was, cut_off=cut_off, also_closed=closed, also_open=opened)


def decide_calendar(vote: DecideInput) -> VoteOutcome:
    """One vote; the approval that completes the quorum adds the reading. Raises what `cast_vote` raises, QuorumTooSmall, and
    Conflict when the calendar has changed since it was asked for."""
    return decide_and_carry_out(vote, before=lambda _: None, carry_out=_set, why_not=str)


def _set(request: ApprovalRequest, content: dict[str, Any]) -> None:
    if request.quorum < QUORUM or request.role != ROLE:
        raise QuorumTooSmall
    now = clock.now()
    begins = max(datetime.fromisoformat(content["valid_from"]), now) if content["valid_from"] else now
    row = row_at(content["calendar"], begins)
    has_later = BankCalendar.objects.filter(code=content["calendar"], valid_from__gt=begins).exists()
    if row is None or str(row.pk) != content["based_on"] or has_later:
        raise Conflict("The calendar has changed since this was asked for. Reject it, and ask anew.")
    after = content["after"]
    wanted = _wanted(
        read(row),
        time.fromisoformat(after["cut_off"]) if after["cut_off"] else None,
        after["also_closed"],
        after["also_open"],
    )
    if written(wanted) != after:
        raise Conflict("It would not read as it was approved. Reject it, and ask anew.")
    diff = {name: [was, now_is] for name, was, now_is in changes(content)}
    set_calendar(wanted, valid_from=begins, reason=content["reason"], diff=diff, metadata={"approval_request": str(request.id)})


def title(content: dict[str, Any]) -> str:
    said = ", ".join(f"{LABELS[name].lower()} {now_is or 'none'}" for name, _, now_is in changes(content))
    return f"Calendar of {content['after']['title']}: {said}"[:_LONGEST_TITLE]


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads: all that changes, with what it replaces."""
    begins = content["valid_from"]
    lines = [
        Fact("Calendar", f"{content['after']['title']} ({content['calendar']})"),
        Fact("From", f"{begins[:10]}, {content['after']['zone']}" if begins else "as soon as it is approved"),
    ]
    for name, was, now_is in changes(content):
        lines.append(Fact(LABELS[name], f"{now_is or 'none'}; until now {was or 'none'}"))
    return [*lines, Fact("Why", content["reason"])]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Change a bank's calendar",
            check_permission="approvals.decide_request",
            decide=decide_calendar,
            describe=describe,
        )
    )
