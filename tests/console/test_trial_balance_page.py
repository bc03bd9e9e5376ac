"""The trial balance as a page: columns that add up, the equation in words and figures, as of any moment, within one's clients."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import clock, context
from audit.context import Actor
from ledger import queries
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from tests.console.office import GLOBEX, POSITION, operator_with, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
PAGE = "/ledger/trial-balance/"
WALLET = "wallet:hot-1:USDC.ethereum"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def _usdc(response):
    (found,) = [trial for trial in response.context["trials"] if trial.asset.id == USDC]
    return found


def _lines(trial):
    return [(line.code or line.name, line.debit, line.credit) for group in trial.groups for line in group.lines]


def test_each_account_stands_on_its_side_and_both_sides_add_up(maker):
    response = maker.get(PAGE)
    trial = _usdc(response)
    assert _lines(trial) == [
        (WALLET, 1_000_007 * UNIT, 0),
        (ACCOUNT, 0, 999_997 * UNIT),
        (GLOBEX, 0, 7 * UNIT),
        (POSITION, 0, 3 * UNIT),
    ]
    assert trial.debits == trial.credits == 1_000_007 * UNIT
    assert "<h1>Debits equal credits in every asset</h1>" in text_of(response)
    assert trial.at_zero == 2
    assert "2 accounts at zero are left out." in text_of(response)


def test_the_equation_is_drawn_in_figures_and_said_in_words(maker):
    response = maker.get(PAGE)
    trial = _usdc(response)
    assert [(group.title, group.posted) for group in trial.used] == [("Assets", 1_000_007 * UNIT)]
    assert [(group.title, group.posted) for group in trial.provided] == [("Liabilities", 1_000_004 * UNIT), ("Equity", 3 * UNIT)]
    assert trial.used_total == trial.provided_total
    assert "is what we owe, what is the house's own and what we earned." in text_of(response)


def test_an_overdrawn_client_stands_among_the_debits(maker):
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 12 * UNIT), Line.credit(WALLET, 12 * UNIT))
        post(Posting(reference="back/1", kind="chargeback", value_at=clock.now(), lines=lines, forced_kind="chargeback"))
    trial = _usdc(maker.get(PAGE))
    assert (GLOBEX, 5 * UNIT, 0) in _lines(trial)
    assert trial.balances
    assert trial.used_total == trial.provided_total


def test_as_of_a_moment_by_each_time(maker):
    before = _usdc(maker.get(PAGE, {"at": "2026-01-02T00:00", "by": "value_at"}))
    assert _lines(before) == [(WALLET, 1_000_000 * UNIT, 0), (ACCOUNT, 0, 1_000_000 * UNIT)]
    assert before.balances
    assert _usdc(maker.get(PAGE, {"at": "2020-01-01", "by": "value_at"})).groups == []
    now = f"{clock.now() + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S}"
    assert _lines(_usdc(maker.get(PAGE, {"at": now}))) == _lines(_usdc(maker.get(PAGE)))
    page = text_of(maker.get(PAGE, {"at": "2026-01-02T00:00", "by": "value_at"}))
    assert "by value time" in page


@pytest.mark.parametrize("query", [{"at": "soon"}, {"by": "moon"}])
def test_a_moment_that_is_none_is_marked(maker, query):
    response = maker.get(PAGE, query)
    assert response.status_code == 200
    assert "field-error" in response.content.decode()


def test_a_book_that_does_not_balance_says_so_in_its_title(maker, monkeypatch):
    rows = [_spoiled(row) for row in queries.trial_balance()]
    monkeypatch.setattr(queries, "trial_balance", lambda: rows)
    page = text_of(maker.get(PAGE))
    assert f"<h1>Debits and credits differ in {USDC}</h1>" in page
    assert "does NOT balance" in page
    assert "≠" in page


def _spoiled(row):
    """One unit more on the wallet of USDC."""
    more = [replace(one, debits=one.debits + 1, posted=one.posted + 1) if one.code == WALLET else one for one in row.accounts]
    return replace(row, accounts=more)


def test_clients_that_one_does_not_see_stand_together_without_a_name(limited):
    response = limited.get(PAGE)
    trial = _usdc(response)
    assert ("1 account of clients you do not see", 0, 999_997 * UNIT) in _lines(trial)
    assert (GLOBEX, 0, 7 * UNIT) in _lines(trial)
    assert trial.balances
    assert ACCOUNT not in text_of(response)


def test_a_long_group_goes_on_in_one_line_and_still_adds_up(maker, monkeypatch):
    monkeypatch.setattr("backoffice.console.ledger.trial._MOST_PER_GROUP", 1)
    trial = _usdc(maker.get(PAGE))
    assert ("1 account more", 0, 7 * UNIT) in _lines(trial)
    assert trial.debits == trial.credits == 1_000_007 * UNIT


def test_it_costs_the_same_however_many_accounts(maker):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            maker.get(PAGE)
        return len(asked)

    before = cost()
    with context.bind(Actor.system("test")):
        for number in range(20):
            code = f"client:acme:x{number}:USDC"
            open_account(code=code, name=code, kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:acme")
            lines = (Line.debit(WALLET, 1), Line.credit(code, 1))
            post(Posting(reference=f"in/{number}", kind="deposit", value_at=LONG_AGO, lines=lines))
    assert cost() == before < 25


def test_only_who_sees_books_sees_it(client, cast, books):
    client.force_login(operator_with(cast, "support"))
    assert client.get(PAGE).status_code == 403
