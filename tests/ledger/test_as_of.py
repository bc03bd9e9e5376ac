"""Balances as of a moment by three times, carried forward or not, against adding up every entry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.commands import Line, carry_forward, carry_forward_due
from ledger.errors import AlreadyCarried, MomentNotOver, UnknownAccount
from ledger.queries import TimeBasis, balance_as_of, balances_as_of, statement, statement_page
from tests.ledger.house import ACME, FEES, GLOBEX, HOT, book, deposit
from tests.ledger.past import booked_at, rebook

pytestmark = pytest.mark.usefixtures("house")
START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=100)
HOURS = st.integers(0, 100 * 24)
POSTINGS = st.lists(
    st.tuples(HOURS, st.integers(-300, 300), st.none() | st.integers(-48, 300), st.integers(1, 99), st.booleans()), max_size=8
)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def _book(postings: list[tuple[int, int, int | None, int, bool]]) -> None:
    deposit("start", ACME, 10_000, value_at=START, settled_at=START)
    moments = {"start": START}
    for number, (booked, value, settled, amount, inwards) in enumerate(postings):
        lines = (
            (Line.debit(HOT, amount), Line.credit(ACME, amount))
            if inwards
            else (Line.debit(ACME, amount), Line.credit(FEES, amount))
        )
        times: dict[str, Any] = {"value_at": at(booked + value), "settled_at": None if settled is None else at(booked + settled)}
        book(f"posting-{number}", *lines, **times)
        moments[f"posting-{number}"] = at(booked)
    rebook(moments)


def _added_up(code: str, moment: datetime, by: TimeBasis) -> tuple[int, int, int]:
    column = "posting.settled_at" if by is TimeBasis.SETTLED else f"entry.{by.value}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(debit), 0), coalesce(sum(credit), 0), count(*) FROM ledger_entry AS entry"
            " JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id"
            f" JOIN ledger_account AS account ON account.id = entry.account_id WHERE code = %s AND {column} < %s",
            [code, moment],
        )
        debit, credit, entries = cursor.fetchone()
        return int(debit), int(credit), entries


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(postings=POSTINGS, points=st.sets(st.integers(0, 100), max_size=5), cuts=st.tuples(HOURS, HOURS))
def test_it_agrees_with_adding_up_and_statements_join_up(postings: Any, points: set[int], cuts: tuple[int, int]) -> None:
    with transaction.atomic():
        _book(postings)
        for day in sorted(points):
            carry_forward(until=START + timedelta(days=day))
        first, second = sorted(map(at, cuts))
        for by in TimeBasis:
            for code in (ACME, HOT, FEES, GLOBEX):
                _agrees(code, by, first, second)
            listed = {found.code: found for found in balances_as_of(second, by)}
            assert listed[ACME] == balance_as_of(ACME, second, by)
        transaction.set_rollback(True)


def _agrees(code: str, by: TimeBasis, first: datetime, second: datetime) -> None:
    held = balance_as_of(code, first, by)
    assert (held.debits, held.credits, held.entries) == _added_up(code, first, by)
    between = statement(code, since=first, until=second, by=by)
    assert (between.opening, between.closing) == (held.posted, balance_as_of(code, second, by).posted)
    assert between.closing == statement(code, since=second, until=END, by=by).opening
    assert between.rows == _paged(code, by, first, second)
    assert between.rows == _paged(code, by, first, second, newest_first=True)[::-1]
    assert (between.entries, between.debits) == (len(between.rows), sum(row.debit for row in between.rows))


def _paged(code: str, by: TimeBasis, since: datetime, until: datetime, **order: bool) -> list[Any]:
    rows: list[Any] = []
    cursor = None
    while True:
        page = statement_page(code, since=since, until=until, by=by, after=cursor, limit=2, **order)
        rows, cursor = rows + page.rows, page.next_cursor
        assert page.entries >= len(rows)
        if cursor is None:
            return rows


def test_what_was_booked_later_can_be_left_out() -> None:
    deposit("june", ACME, 100, value_at=at(0))
    booked_at("june", at(10))
    deposit("backdated", ACME, 7, value_at=at(0))
    booked_at("backdated", at(2_000))
    assert balance_as_of(ACME, at(1), TimeBasis.VALUE).posted == 107
    assert balance_as_of(ACME, at(1), TimeBasis.VALUE, known_at=at(2_000)).posted == 100
    assert balance_as_of(ACME, at(1), TimeBasis.BOOKED).posted == 0


def test_an_owner_has_only_its_own_accounts() -> None:
    deposit("first", ACME, 100)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [(found.code, found.posted) for found in balances_as_of(later, owner="client:acme")] == [(ACME, 100)]
    with pytest.raises(UnknownAccount):
        balance_as_of("nobody", later)


def test_months_and_midnights_are_carried_once() -> None:
    deposit("first", ACME, 100)
    assert carry_forward_due() == []
    booked_at("first", START)
    made = carry_forward_due()
    assert made[0] == datetime(2026, 4, 1, tzinfo=UTC)
    assert made == sorted({*made})
    assert made[-1] == datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert carry_forward_due() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_carry_balance")
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT count(*) FROM audit_event WHERE type = 'ledger.balances_carried'")
        assert cursor.fetchone() == (len(made),)


def test_points_come_in_order_and_never_early() -> None:
    assert carry_forward(until=at(48)) is True
    assert carry_forward(until=at(48)) is False
    with pytest.raises(AlreadyCarried), transaction.atomic():
        carry_forward(until=at(24))
    with pytest.raises(MomentNotOver), transaction.atomic():
        carry_forward(until=datetime.now(UTC) + timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT until FROM ledger_carry")
        assert cursor.fetchall() == [(at(48),)]
