"""A bank's calendar: asked for by one, decided by another, in force from a moment on, and never rewritten."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from approvals.errors import ApprovalsError, RequestAlreadyPending
from approvals.models import ApprovalRequest
from approvals.queries import view_request
from audit import clock
from audit.models import AuditEvent
from tests.transfers.levels import vote_on
from tests.transfers.world import LONG_AGO, World, acting
from transfers.calendars import Calendar, plan
from transfers.commands.calendar_changes import request_calendar
from transfers.commands.calendars import calendar_at, set_calendar
from transfers.errors import Conflict, Refused
from transfers.models import BankCalendar

BANK = Calendar(code="mexico", title="Mexican banks", zone="America/Mexico_City", market="XMEX", cut_off=time(17), closes=time(18))
# A Monday morning in Mexico City, and the day that somebody wants closed.
NOW, CLOSED = datetime(2026, 11, 30, 16, tzinfo=UTC), "2026-12-03"


@pytest.fixture(autouse=True)
def _monday(world: World) -> Any:
    with clock.using(lambda: NOW):
        set_calendar(BANK, valid_from=LONG_AGO)
        yield


def _ask(world: World, **changes: Any) -> ApprovalRequest:
    usual: dict[str, Any] = {
        "cut_off": time(16),
        "also_closed": [CLOSED],
        "also_open": [],
        "from_day": None,
        "reason": "the bank has said so",
    }
    with acting(world.maker):
        return request_calendar(code="mexico", maker=world.maker.id, **usual | changes)


def test_nothing_changes_until_somebody_else_approves(world: World) -> None:
    request = _ask(world)
    with pytest.raises(ApprovalsError):
        vote_on(request, world.maker)
    assert BankCalendar.objects.count() == 1
    vote_on(request, world.checker)
    now = calendar_at("mexico", NOW)
    assert (now.cut_off, now.also_closed, now.market) == (time(16), frozenset({CLOSED}), "XMEX")
    assert calendar_at("mexico", LONG_AGO) == BANK
    assert plan(now, datetime(2026, 12, 2, 22, 30, tzinfo=UTC)).value_date == date(2026, 12, 4)


def test_it_begins_at_midnight_where_the_bank_is(world: World) -> None:
    vote_on(_ask(world, from_day=date(2026, 12, 2)), world.checker)
    assert BankCalendar.objects.latest("valid_from").valid_from == datetime(2026, 12, 2, 6, tzinfo=UTC)
    assert calendar_at("mexico", NOW) == BANK


def test_one_that_is_approved_late_rewrites_nothing(world: World) -> None:
    request = _ask(world, from_day=date(2026, 12, 1))
    late = datetime(2026, 12, 1, 9, tzinfo=UTC)
    with clock.using(lambda: late):
        vote_on(request, world.checker)
    assert BankCalendar.objects.latest("valid_from").valid_from == late


def test_the_trail_and_the_version_say_who_why_and_what_it_was(world: World) -> None:
    request = _ask(world)
    vote_on(request, world.checker)
    row = BankCalendar.objects.latest("valid_from")
    version = BankCalendar.history.get(id=row.pk)
    assert (version.history_user_id, version.history_change_reason) == ("checker", "the bank has said so")
    told = AuditEvent.objects.get(resource_type="bank_calendar", resource_id=str(row.pk))
    assert told.diff == {"cut_off": ["17:00", "16:00"], "also_closed": ["", CLOSED]}
    assert told.metadata["approval_request"] == str(request.pk)


def test_the_approver_reads_what_it_replaces(world: World) -> None:
    facts = {fact.label: fact.value for fact in view_request(_ask(world).id).facts}
    assert facts["Cut-off"] == "16:00; until now 17:00"
    assert facts["Also closed"] == f"{CLOSED}; until now none"
    assert facts["From"] == "as soon as it is approved"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cut_off": time(19)}, "cut_off"),
        ({"cut_off": time(8)}, "cut_off"),
        ({"also_closed": ["2026-13-01"]}, "also_closed"),
        ({"also_closed": ["Christmas"]}, "also_closed"),
        ({"also_open": ["12-24"]}, "also_open"),
        ({"also_open": [CLOSED]}, "also_open"),
        ({"from_day": date(2026, 11, 30)}, "from_day"),
        ({"cut_off": time(17), "also_closed": []}, "cut_off"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        _ask(world, **changes)
    assert list(refusal.value.fields) == [field]
    assert not ApprovalRequest.objects.exists()


def test_one_request_at_a_time(world: World) -> None:
    _ask(world)
    with pytest.raises(RequestAlreadyPending):
        _ask(world, cut_off=time(15))


def test_a_calendar_that_changed_meanwhile_is_not_overwritten(world: World) -> None:
    request = _ask(world)
    set_calendar(BANK, valid_from=NOW.replace(hour=15))
    with pytest.raises(Conflict):
        vote_on(request, world.checker)
    assert calendar_at("mexico", NOW) == BANK
    request.refresh_from_db()
    assert request.status == ApprovalRequest.Status.PENDING


def test_one_that_begins_later_is_in_the_way(world: World) -> None:
    vote_on(_ask(world, from_day=date(2026, 12, 2)), world.checker)
    with pytest.raises(Refused, match="Another reading begins"):
        _ask(world)
