"""The accounting months as a page: how far they are closed, by whom and why, what each held, and what may be asked for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import context
from audit.context import Actor
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, close_period, open_account, post, reopen_period
from ledger.queries import periods
from tests.console.office import GLOBEX, operator_with, text_of
from tests.transfers.world import LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
PAGE = "/ledger/periods/"


@pytest.fixture
def closed(books):
    """January is closed by Mia; it holds three opening balances."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    with context.bind(Actor.system("mia")):
        close_period(month=LONG_AGO.date(), reason="month end, all reconciled")


@pytest.fixture
def auditor(client, cast, books):
    client.force_login(cast.auditor)
    return client


def _line(response, name):
    (found,) = [line for line in response.context["page"].lines if line.month.name == name]
    return found


def test_before_the_first_closing_every_month_is_open(auditor):
    response = auditor.get(PAGE)
    assert "<h1>No month is closed yet</h1>" in text_of(response)
    assert {line.month.status for line in response.context["page"].lines} == {"open"}
    assert _line(response, "2026-01").month.postings == 3


def test_a_closed_month_says_who_closed_it_why_and_what_it_held(auditor, closed):
    response = auditor.get(PAGE)
    page = text_of(response)
    assert "<h1>Closed up to January 2026</h1>" in page
    for words in ("by mia", "month end, all reconciled", "1,000,000.00", "1,000,000,000.00", "5.00"):
        assert words in page, words
    line = _line(response, "2026-01")
    assert line.month.postings == 3
    assert dict(line.debits) == {"ETH.ethereum": 5 * 10**18, "MXN": 10**11, USDC: 1_000_000 * UNIT}


def test_a_reopened_month_is_open_and_keeps_why(auditor, closed):
    with context.bind(Actor.system("mia")):
        reopen_period(month=LONG_AGO.date(), reason="a late invoice")
    response = auditor.get(PAGE)
    assert "<h1>No month is closed yet</h1>" in text_of(response)
    assert (_line(response, "2026-01").month.status, _line(response, "2026-01").month.reason) == ("open", "a late invoice")


def test_what_may_be_asked_for_is_offered_to_treasury_and_explained_to_others(client, cast, closed):
    client.force_login(operator_with(cast, "treasury"))
    page = text_of(client.get(PAGE))
    assert "/ledger/corrections/period/?month=2026-01&amp;verb=reopen" in page
    assert "/ledger/corrections/period/?month=2026-02&amp;verb=close" in page
    assert "February 2026 has to be closed first." in page
    client.force_login(cast.checker)
    page = text_of(client.get(PAGE))
    assert "/ledger/corrections/period/" not in page
    assert "Treasury asks for it." in page


def test_asking_comes_back_here_and_shows_that_it_waits(client, cast, closed):
    client.force_login(operator_with(cast, "treasury"))
    response = client.post("/ledger/corrections/period/?month=2026-01&verb=reopen", {"reason": "a late invoice"}, follow=True)
    assert response.redirect_chain[0][0] == PAGE
    assert "Waits for approval" in text_of(response)


def test_only_a_year_is_listed_and_the_rest_counted(auditor, monkeypatch):
    monkeypatch.setattr("backoffice.console.ledger.months._MOST", 2)
    response = auditor.get(PAGE)
    assert len(response.context["page"].lines) == 2
    assert response.context["page"].more > 0
    assert "not listed" in text_of(response)


def test_the_timeline_of_a_month_is_for_those_who_read_the_trail(client, cast, closed):
    for person, sees in ((cast.auditor, True), (cast.checker, False)):
        client.force_login(person)
        assert ("/audit/resource/period/2026-01/" in text_of(client.get(PAGE))) is sees


def test_it_costs_the_same_however_many_months_and_postings(auditor):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            auditor.get(PAGE)
        return len(asked)

    before = cost()
    with context.bind(Actor.system("test")):
        open_account(code="house:x:USDC", name="x", kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
        for number in range(6):
            lines = (Line.debit("house:x:USDC", 1), Line.credit(GLOBEX, 1))
            post(
                Posting(reference=f"old/{number}", kind="old", value_at=LONG_AGO.replace(year=2025, month=number + 1), lines=lines)
            )
    assert cost() == before < 25
    assert len(periods(now=LONG_AGO)) > 12


def test_only_who_sees_books_sees_it(client, cast, closed):
    client.force_login(operator_with(cast, "support"))
    assert client.get(PAGE).status_code == 403
