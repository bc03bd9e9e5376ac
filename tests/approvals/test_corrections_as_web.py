"""All of it with the privileges of the process that serves the pages, and no more."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from approvals.commands import request_period
from audit import clock
from ledger.commands import Line
from ledger.commands.overdrafts import receivable_posting, write_off_posting
from ledger.queries import corrections_of, overdraft_receivables, overdrafts, periods
from tests.approvals.bookkeeping import CLAIM, UNIT, adjustment, ask_for, decide, fresh, open_books, overdraw, reversal
from tests.approvals.conftest import NOON, People, acting_as
from tests.ledger.house import ACME, DAY, FEES, FUNDING, HOT, book, deposit

pytestmark = pytest.mark.django_db
Role = Callable[[str], AbstractContextManager[None]]


def test_corrections_are_asked_for_and_booked(people: People, database_role: Role) -> None:
    open_books()
    with database_role("countersign_web"):
        for given in (reversal("fee-1"), adjustment(Line.debit(FEES, 1), Line.credit(ACME, 1), of="fee-2")):
            asked = ask_for(people, given)
            decide(asked, people.checker)
            assert fresh(asked).executed_at == NOON
        assert corrections_of("fee-1").reversed_by == "reversal/fee-1"


def test_overdrafts_are_seen_claimed_and_written_off(people: People, database_role: Role) -> None:
    open_books()
    overdraw(30)
    with database_role("countersign_web"):
        assert [one.account_code for one in overdrafts()] == [ACME]
        claim = receivable_posting(reference="r", account_code=ACME, amount_minor=30 * UNIT, reason="x", value_at=DAY)
        decide(ask_for(people, claim), people.checker)
        assert [one.account_code for one in overdraft_receivables()] == [CLAIM]
        lost = ask_for(people, write_off_posting(reference="w", account_code=CLAIM, amount_minor=UNIT, reason="x", value_at=DAY))
        for checker in (people.checker, people.second_checker):
            decide(lost, checker)
        assert fresh(lost).executed_at == NOON


def test_months_are_listed_closed_and_reopened(people: People, database_role: Role) -> None:
    open_books()
    deposit("september", ACME, 5, value_at=DAY.replace(month=9))
    book("cover", Line.debit(HOT, 1), Line.credit(FUNDING, 1))
    with database_role("countersign_web"):
        for verb, checkers in (("close", [people.checker]), ("reopen", [people.checker, people.second_checker])):
            with acting_as(people.maker):
                asked = request_period(verb=verb, month=date(2026, 9, 1), reason="month end", maker=people.maker.id)
            for checker in checkers:
                decide(asked, checker)
            assert fresh(asked).executed_at == NOON
        assert [one.status for one in periods(now=clock.now()) if one.name == "2026-09"] == ["open"]
