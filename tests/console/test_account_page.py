"""One account as a page: the sentence with its amount, the T, the statement by three times, a balance as of a moment, holds."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import clock, context
from audit.context import Actor
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, close_account, open_account, post
from tests.console.office import GLOBEX, POSITION, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
WALLET = "wallet:hot-1:USDC.ethereum"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def _url(code):
    return reverse("console:account", args=[code])


def _book(reference, *lines, kind="payout", **more):
    with context.bind(Actor.system("test")):
        post(Posting(reference=reference, kind=kind, lines=lines, **({"value_at": clock.now()} | more)))


def _page(browser, code=ACCOUNT, **query):
    return browser.get(_url(code), query).context["page"]


def test_the_title_is_a_sentence_with_the_amount_and_what_is_on_hold(maker, books):
    transfer = books.order("5000.00")
    page = text_of(maker.get(_url(ACCOUNT)))
    title = page.split("<h1>")[1].split("</h1>")[0]
    assert title.startswith('Acme Robotics has <span class="loud"><span class="money money-big"')
    assert "999,997.00" in title
    assert ", of which" in title
    assert "5,000.50" in title
    for words in ("994,996.50", transfer.hold_reference, f"/transfers/{transfer.pk}/"):
        assert words in page, words


@pytest.mark.parametrize(
    ("code", "lead", "tail"),
    [
        (WALLET, f"{WALLET} holds", ""),
        ("fees:withdrawal:USDC.ethereum", "fees:withdrawal:USDC.ethereum has earned", ""),
        ("expense:network-fee:ETH.ethereum", "expense:network-fee:ETH.ethereum has cost", ""),
        ("payable:payouts:MXN", "payable:payouts:MXN stands at", "that we owe"),
        (POSITION, f"{POSITION} stands at", ""),
    ],
)
def test_every_kind_of_account_has_its_sentence(maker, code, lead, tail):
    headline = _page(maker, code).headline
    assert (headline.lead, headline.tail, headline.is_below_zero) == (lead, tail, False)


def test_below_zero_is_said_without_a_minus(maker):
    _book("back/1", Line.debit(GLOBEX, 12 * UNIT), Line.credit(WALLET, 12 * UNIT), kind="chargeback", forced_kind="chargeback")
    response = maker.get(_url(GLOBEX))
    headline = response.context["page"].headline
    assert (headline.lead, headline.amount, headline.is_below_zero) == ("Globex is overdrawn by", 5 * UNIT, True)
    assert "loud-danger" in text_of(response)


def test_the_mode_is_said_in_plain_words(maker):
    assert "Guarded: it never goes below 0.00 USDC by itself." in text_of(maker.get(_url(ACCOUNT)))
    assert "Collecting: no posting waits for another here" in text_of(maker.get(_url(WALLET)))


def test_both_sides_of_the_t_come_to_the_same(maker):
    _book("pay/1", Line.debit(ACCOUNT, 7 * UNIT), Line.credit(WALLET, 7 * UNIT))
    for code in (ACCOUNT, WALLET, POSITION, "payable:payouts:MXN"):
        for query in ({}, {"by": "value_at"}, {"by": "settled_at"}, {"since": "2025-01-01", "until": "2025-12-31"}):
            t = _page(maker, code, **query).t
            assert t.debit_total == t.credit_total, (code, query)


def test_few_entries_are_drawn_one_by_one_between_what_is_brought_and_carried_forward(maker):
    t = _page(maker, by="value_at").t
    assert [(line.title, line.amount, line.is_carried) for line in t.debits] == [
        ("Conversion 1", 3 * UNIT, False),
        ("Carried forward", 999_997 * UNIT, True),
    ]
    assert [(line.title, line.amount, line.is_carried) for line in t.credits] == [("Brought forward", 1_000_000 * UNIT, True)]


def test_many_entries_are_drawn_by_kind(maker):
    for number in range(16):
        _book(f"pay/{number}", Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT))
    t = _page(maker, by="value_at").t
    assert [(line.title, line.amount, line.count) for line in t.debits] == [
        ("Payout", 16 * UNIT, 16),
        ("Conversion", 3 * UNIT, 1),
        ("Carried forward", 999_981 * UNIT, 1),
    ]
    assert t.debit_total == t.credit_total


def test_a_statement_runs_from_closing_back_to_opening(maker):
    _book("pay/1", Line.debit(ACCOUNT, 7 * UNIT), Line.credit(WALLET, 7 * UNIT), description="Paid out")
    response = maker.get(_url(ACCOUNT), {"by": "value_at"})
    statement = response.context["page"].statement
    assert (statement.opening, statement.closing) == (1_000_000 * UNIT, 999_990 * UNIT)
    assert [(row.reference, row.balance) for row in statement.rows] == [
        ("pay/1", 999_990 * UNIT),
        ("conversion/1", 999_997 * UNIT),
    ]
    page = text_of(response)
    assert page.index("Closing balance") < page.rindex("Paid out") < page.rindex("Opening balance")
    assert "/ledger/postings/pay/1/" in page


def test_the_three_times_place_an_entry_differently(maker):
    _book(
        "late/1", Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT), value_at=LONG_AGO, settled_at=LONG_AGO + timedelta(days=40)
    )
    january, february = {"since": "2026-01-01", "until": "2026-01-31"}, {"since": "2026-02-01", "until": "2026-02-28"}

    def found(**query):
        return "late/1" in [row.reference for row in _page(maker, **query).statement.rows]

    assert found()
    assert found(by="value_at", **january)
    assert not found(by="value_at", **february)
    assert found(by="settled_at", **february)
    assert not found(by="settled_at", **january)
    assert not found(by="booked_at", **january)


def test_pages_join_and_each_row_carries_its_balance(maker, monkeypatch):
    for number in range(12):
        _book(f"pay/{number:02}", Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT))
    whole = [(row.reference, row.balance) for row in _page(maker).statement.rows]
    monkeypatch.setattr("backoffice.console.ledger.account.PAGE", 5)
    joined, where = [], "?"
    while where:
        response = maker.get(_url(ACCOUNT) + where)
        page = response.context["page"]
        joined += [(row.reference, row.balance) for row in page.statement.rows]
        shows_closing, shows_opening = ">Closing balance</th>" in text_of(response), ">Opening balance</th>" in text_of(response)
        assert (shows_closing, shows_opening) == (where == "?", not page.paging.next_url)
        where = page.paging.next_url
    assert joined == whole
    assert len(whole) == 14
    assert len(_page(maker, after="broken").statement.rows) == 5


def test_a_balance_as_of_a_moment_is_exact(maker):
    before, after = _page(maker, at="2026-06-01T12:00", by="value_at"), _page(maker, at="2999-01-01T00:00")
    assert before.as_of.posted == 1_000_000 * UNIT
    assert after.as_of.posted == 999_997 * UNIT
    assert _page(maker).as_of is None
    assert "As of the moment you asked for" in text_of(maker.get(_url(ACCOUNT), {"at": "2026-06-01T12:00"}))


@pytest.mark.parametrize("query", [{"since": "x"}, {"since": "2026-02-02", "until": "2026-02-01"}, {"by": "moon"}, {"at": "soon"}])
def test_an_interval_that_makes_no_sense_is_marked_and_the_usual_one_shown(maker, query):
    response = maker.get(_url(ACCOUNT), query)
    assert response.status_code == 200
    assert "field-error" in response.content.decode()
    assert response.context["interval"].last == datetime.now(UTC).date()


def test_usual_intervals_are_a_click_away_and_keep_the_time(maker):
    response = maker.get(_url(ACCOUNT), {"by": "value_at"})
    titles = [one.title for one in response.context["shortcuts"]]
    assert titles == ["Last 31 days", "This month", "Last month", "This year", "Everything"]
    assert all("by=value_at" in one.url for one in response.context["shortcuts"])
    everything = maker.get(_url(ACCOUNT) + response.context["shortcuts"][-1].url).context["page"]
    assert everything.statement.opening == 0


def test_only_ones_own_clients_accounts(limited):
    assert limited.get(_url(ACCOUNT)).status_code == 404
    assert limited.get(_url(GLOBEX)).status_code == 200
    assert limited.get(_url(WALLET)).status_code == 200


def test_a_closed_account_says_so(maker):
    with context.bind(Actor.system("test")):
        open_account(code="house:old:USDC", name="Old", kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
        close_account(code="house:old:USDC", reason="no longer needed")
    page = text_of(maker.get(_url("house:old:USDC")))
    assert '<span class="badge badge-neutral">closed</span>' in page
    assert "<dt>Closed</dt>" in page


def test_it_costs_the_same_however_many_entries(maker):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            maker.get(_url(ACCOUNT))
        return len(queries)

    for number in range(20):
        _book(f"pay/{number}", Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT))
    before = cost()
    for number in range(30):
        _book(f"more/{number}", Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT))
    assert cost() == before < 40
