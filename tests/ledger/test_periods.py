"""Months close in their order, while the proofs hold, and keep what they held; they reopen in the opposite order."""

from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEvent
from ledger.commands import Line, close_period, reopen_period
from ledger.errors import BooksBroken, PeriodClosed, PeriodGap, PeriodNotLast, PeriodNotOver
from ledger.models import Period
from ledger.proofs.registry import all_proofs
from ledger.queries import is_closed, periods
from tests.ledger.house import ACME, DAY, FUNDING_MXN, MXN, NOSTRO, USDC, book, deposit

pytestmark = pytest.mark.usefixtures("house")


def month(number: int) -> date:
    return date(2026, number, 1)


def day(number: int) -> datetime:
    return datetime(2026, number, 15, tzinfo=UTC)


def close(*numbers: int) -> None:
    for number in numbers:
        assert close_period(month=month(number), reason="month end")


@pytest.fixture(autouse=True)
def _business(house: None) -> None:
    deposit("july", ACME, 5, value_at=day(7))
    deposit("september", ACME, 7, value_at=day(9))
    deposit("september-2", ACME, 8, value_at=day(9))
    book("pesos", Line.debit(NOSTRO, 3), Line.credit(FUNDING_MXN, 3), value_at=day(9))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _statuses() -> dict[date, str]:
    return dict(Period.objects.values_list("month", "status"))


def test_the_first_month_with_postings_closes_first() -> None:
    with pytest.raises(PeriodGap) as refusal, transaction.atomic():
        close_period(month=month(8), reason="month end")
    assert (refusal.value.month, refusal.value.first) == ("2026-08-01", "2026-07-01")
    assert _statuses() == {}
    close(7, 8, 9)
    assert _statuses() == {month(7): "closed", month(8): "closed", month(9): "closed"}


def test_no_month_is_left_out_even_one_without_postings() -> None:
    close(7)
    with pytest.raises(PeriodGap) as refusal, transaction.atomic():
        close_period(month=month(9), reason="month end")
    assert refusal.value.first == "2026-08-01"
    with pytest.raises(PeriodNotOver), transaction.atomic():
        close_period(month=datetime.now(UTC).date(), reason="eager")
    assert _statuses() == {month(7): "closed"}


def test_what_lies_before_a_closed_month_is_closed_with_it() -> None:
    close(7)
    assert is_closed(day(3))
    with pytest.raises(PeriodClosed), transaction.atomic():
        deposit("march", ACME, 1, value_at=day(3))
    assert not close_period(month=month(3), reason="it is so already")


def test_only_the_latest_closed_month_reopens() -> None:
    close(7, 8)
    with pytest.raises(PeriodNotLast) as refusal, transaction.atomic():
        reopen_period(month=month(7), reason="late invoice")
    assert (refusal.value.month, refusal.value.latest) == ("2026-07-01", "2026-08-01")
    assert _statuses() == {month(7): "closed", month(8): "closed"}
    assert reopen_period(month=month(8), reason="late invoice")
    assert reopen_period(month=month(7), reason="late invoice")
    deposit("march", ACME, 1, value_at=day(3))
    # There is an earlier month now, so July is no longer the first.
    with pytest.raises(PeriodGap), transaction.atomic():
        close_period(month=month(7), reason="month end")


def test_a_closing_keeps_the_figures_the_proofs_and_who_asked() -> None:
    close(7, 8)
    close_period(month=month(9), reason="month end", record={"approval_request": "r-1"})
    kept = {
        "postings": 3,
        "debits": {USDC: "15", MXN: "3"},
        "proofs": [proof.name for proof in all_proofs() if not proof.thorough],
        "proved_since_checkpoint": 0,
        "approval_request": "r-1",
    }
    period = Period.objects.get(month=month(9))
    assert (period.record, period.closed_by, period.reason) == (kept, "pytest", "month end")
    event = AuditEvent.objects.get(type="ledger.period_closed", resource_id="2026-09")
    assert (event.metadata, event.reason) == (kept, "month end")
    reopen_period(month=month(9), reason="late invoice")
    assert Period.objects.get(month=month(9)).record == {}


def test_books_that_do_not_hold_are_not_closed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balance SET credits = credits + 1 WHERE credits = 20")
    with pytest.raises(BooksBroken) as refusal, transaction.atomic():
        close_period(month=month(7), reason="month end")
    assert "projection_matches_entries" in refusal.value.findings[0]
    assert _statuses() == {}


def test_the_list_says_what_each_month_holds_and_what_may_be_done_with_it() -> None:
    close(7, 8)
    reopen_period(month=month(8), reason="late invoice")
    listed = [(one.name, one.status, one.postings, one.obstacle) for one in periods(now=DAY)]
    assert listed == [
        ("2026-11", "open", 0, "It is not over yet."),
        ("2026-10", "open", 0, "August 2026 has to be closed first."),
        ("2026-09", "open", 3, "August 2026 has to be closed first."),
        ("2026-08", "open", 0, ""),
        ("2026-07", "closed", 1, ""),
    ]
    close(8, 9)
    by_name = {one.name: one for one in periods(now=DAY)}
    assert by_name["2026-07"].obstacle == "2026-09 has to be reopened first."
    assert (by_name["2026-09"].closed_by, by_name["2026-09"].reason, by_name["2026-09"].postings) == ("pytest", "month end", 3)
    assert by_name["2026-09"].record["debits"] == {USDC: "15", MXN: "3"}


def test_the_list_of_an_empty_book_has_the_running_month_and_one_valued_ahead_has_its_own() -> None:
    deposit("ahead", ACME, 1, value_at=datetime(2027, 1, 2, tzinfo=UTC))
    names = [one.name for one in periods(now=DAY)]
    assert (names[0], names[-1], len(names)) == ("2027-01", "2026-07", 7)
    assert periods(now=DAY)[0].obstacle == "It has not begun."


ATTACKS = {
    "a gap": "INSERT INTO ledger_period VALUES ('2026-10-01', 'closed', now(), 'me', '', '{}')",
    "not the first of the month": "INSERT INTO ledger_period VALUES ('2026-08-02', 'closed', now(), 'me', '', '{}')",
    "the running month": (
        "INSERT INTO ledger_period VALUES (date_trunc('month', now() AT TIME ZONE 'UTC')::date, 'closed', now(), 'me', '', '{}')"
    ),
    "an earlier one reopened": "UPDATE ledger_period SET status = 'open' WHERE month = '2026-07-01'",
    "other figures": "UPDATE ledger_period SET record = '{}' WHERE month = '2026-08-01'",
    "another month": "UPDATE ledger_period SET month = '2026-10-01' WHERE month = '2026-08-01'",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_sql_meets_the_order_of_months_too(name: str) -> None:
    close(7, 8)
    before = list(Period.objects.order_by("month").values_list())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ATTACKS[name])
    assert list(Period.objects.order_by("month").values_list()) == before
