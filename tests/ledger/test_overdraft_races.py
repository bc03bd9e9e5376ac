"""Many people recover the same overdraft at once: together they take what is owed, and not a unit more."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from ledger import chart
from ledger.commands import Line, book_overdraft_receivable, repay, reverse, write_off
from ledger.errors import MoreThanOwed
from ledger.queries.proofs import findings
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.house import ACME, DAY, HOT, USDC, book, deposit, figures

CLAIM = chart.overdraft_account_code("client:acme", USDC)


pytestmark = pytest.mark.usefixtures("overdrawn")


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In this file `db` is a copy in which commits are real. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), committed_copy():
        yield
        assert list(findings()) == []


@pytest.fixture
def overdrawn(house: None) -> None:
    deposit("deposit-1", ACME, 100)
    book("spent", Line.debit(ACME, 100), Line.credit(HOT, 100))
    reverse(reference_of="deposit-1", reference="back", reason="returned", value_at=DAY, forced_kind="return")


def test_eight_claims_of_thirty_against_a_hundred_leave_three() -> None:
    claims = [
        partial(book_overdraft_receivable, reference=f"claim-{n}", account_code=ACME, amount_minor=30, reason="x", value_at=DAY)
        for n in range(8)
    ]
    results = at_once(claims)
    assert sum(isinstance(result, MoreThanOwed) for result in results) == 5
    assert (figures(ACME)[0], figures(CLAIM)[0]) == (-10, 90)


def test_payments_and_a_write_off_at_once_never_pass_zero() -> None:
    book_overdraft_receivable(reference="claim", account_code=ACME, amount_minor=100, reason="x", value_at=DAY)
    pay = [
        partial(repay, reference=f"paid-{n}", account_code=CLAIM, into_account=HOT, amount_minor=40, reason="x", value_at=DAY)
        for n in range(4)
    ]
    lose = [
        partial(write_off, reference=f"lost-{n}", account_code=CLAIM, amount_minor=40, reason="x", value_at=DAY) for n in range(4)
    ]
    results = at_once(pay + lose)
    assert sum(isinstance(result, MoreThanOwed) for result in results) == 6
    assert figures(CLAIM)[0] == 20


def test_the_same_step_by_many_is_booked_once() -> None:
    same = partial(book_overdraft_receivable, reference="claim", account_code=ACME, amount_minor=100, reason="x", value_at=DAY)
    replays = [getattr(result, "replayed", result) for result in at_once([same] * 6)]
    assert (replays.count(False), replays.count(True)) == (1, 5)
    assert (figures(ACME)[0], figures(CLAIM)[0]) == (0, 100)
