"""Corrections and closings beside postings in flight: one order of events, whichever it is."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from ledger.commands import Line, adjust, close_period, reverse
from ledger.errors import AlreadyReversed, PeriodGap, StillAdjusted
from ledger.models import LedgerTransaction, Period
from ledger.queries import corrections_of
from ledger.queries.proofs import findings
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.house import ACME, DAY, FEES, book, deposit, figures

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In this file `db` is a copy in which commits are real. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), committed_copy():
        yield
        assert list(findings()) == []


def test_of_an_adjustment_and_a_reversal_at_once_one_is_booked() -> None:
    deposit("deposit", ACME, 1_000)
    for number in range(6):
        name = f"fee-{number}"
        book(name, Line.debit(ACME, 3), Line.credit(FEES, 3))
        less = (Line.debit(FEES, 1), Line.credit(ACME, 1))
        adjustment, reversal = at_once(
            [
                partial(adjust, reference_of=name, reference=f"{name}:less", lines=less, reason="x", value_at=DAY),
                partial(reverse, reference_of=name, reference=f"{name}:back", reason="x", value_at=DAY),
            ]
        )
        found = corrections_of(name)
        if found.reversed_by:
            assert (type(adjustment), found.adjusted_by) == (AlreadyReversed, ())
        else:
            assert (type(reversal), found.adjusted_by) == (StillAdjusted, (f"{name}:less",))


def test_the_first_closing_waits_for_a_posting_in_flight_that_counts_before_it() -> None:
    """It could not see that posting, and no lock of its own month would keep it out."""
    started = threading.Event()

    def posting() -> None:
        with transaction.atomic():
            deposit("june", ACME, 1, value_at=datetime(2026, 6, 15, tzinfo=UTC))
            started.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)")

    def closing() -> bool:
        assert started.wait(30)
        return close_period(month=date(2026, 7, 1), reason="month end")

    posted, closed = at_once([posting, closing])
    assert (posted, type(closed)) == (None, PeriodGap)
    assert (Period.objects.count(), LedgerTransaction.objects.count(), figures(ACME)[0]) == (0, 1, 1)


def test_many_close_the_same_month_once() -> None:
    same = partial(close_period, month=date(2026, 7, 1), reason="month end")
    results = at_once([same] * 4)
    assert (results.count(True), results.count(False)) == (1, 3)
