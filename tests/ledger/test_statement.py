"""Statements: opening plus every change is closing, by booking time or by value time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.commands import Line, reverse
from ledger.errors import UnknownAccount
from ledger.queries import TimeBasis, movements, statement
from tests.ledger.house import ACME, DAY, FEES, HOT, book, deposit

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def _business(house: None) -> None:
    deposit("deposit-1", ACME, 1_000, value_at=DAY - timedelta(days=3))
    book("fee-1", Line.debit(ACME, 30), Line.credit(FEES, 30), value_at=DAY, description="Monthly fee", settled_at=DAY)
    deposit("deposit-2", ACME, 500, value_at=DAY + timedelta(days=3))
    reverse(reference_of="fee-1", reference="fee-1:back", reason="charged twice", value_at=DAY + timedelta(hours=1))


def test_by_value_time_each_row_carries_the_balance_after_it() -> None:
    page = statement(ACME, since=DAY, until=DAY + timedelta(days=1), by=TimeBasis.VALUE)
    assert (page.opening, page.closing, page.asset.code) == (1_000, 1_000, "USDC")
    assert [(row.reference, row.change, row.balance, row.reverses) for row in page.rows] == [
        ("fee-1", -30, 970, None),
        ("fee-1:back", 30, 1_000, "fee-1"),
    ]
    assert (page.rows[0].description, page.rows[0].debit, page.rows[0].credit, page.rows[0].settled_at) == (
        "Monthly fee",
        30,
        0,
        DAY,
    )


def test_intervals_side_by_side_join_up() -> None:
    cut = DAY + timedelta(minutes=30)
    whole = statement(ACME, since=DAY - timedelta(days=9), until=DAY + timedelta(days=9), by=TimeBasis.VALUE)
    first = statement(ACME, since=DAY - timedelta(days=9), until=cut, by=TimeBasis.VALUE)
    second = statement(ACME, since=cut, until=DAY + timedelta(days=9), by=TimeBasis.VALUE)
    assert (first.opening, first.closing, second.opening, second.closing) == (0, 970, 970, 1_500)
    assert first.rows + second.rows == whole.rows


def test_by_booking_time_and_for_an_account_that_grows_by_debits() -> None:
    now = datetime.now(UTC)
    page = statement(HOT, since=now - timedelta(days=1), until=now + timedelta(days=1))
    assert [(row.reference, row.change, row.balance) for row in page.rows] == [
        ("deposit-1", 1_000, 1_000),
        ("deposit-2", 500, 1_500),
    ]
    assert statement(HOT, since=now + timedelta(days=1), until=now + timedelta(days=2)).opening == 1_500


def test_an_unknown_account_has_no_statement() -> None:
    with pytest.raises(UnknownAccount):
        statement("nobody", since=DAY, until=DAY)


def test_movements_are_the_debits_and_credits_of_the_interval_by_kind() -> None:
    interval: dict[str, Any] = {"since": DAY - timedelta(days=9), "until": DAY + timedelta(days=9)}
    found = [(one.kind, one.is_debit, one.amount, one.entries) for one in movements(ACME, by=TimeBasis.VALUE, **interval)]
    assert found == [("test", True, 30, 1), ("deposit", False, 1_500, 2), ("test.reversal", False, 30, 1)]
    settled = movements(ACME, by=TimeBasis.SETTLED, **interval)
    assert [(one.kind, one.amount) for one in settled] == [("test", 30)]
    assert movements(ACME, since=DAY - timedelta(days=9), until=DAY - timedelta(days=8), by=TimeBasis.VALUE) == []
    with pytest.raises(UnknownAccount):
        movements("nobody", **interval)
