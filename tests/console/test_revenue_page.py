"""Revenue as a page: figures by any group that add up, the entries behind each, as files; only of clients that one sees."""

import csv
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Client
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from ledger.commands import Line, Posting, post
from tests.console.office import GLOBEX, operator_with, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
PAGE = "/ledger/revenue/"
FEES = "fees:withdrawal:USDC.ethereum"
GAS = "gas:hot-1:ETH.ethereum"
NETWORK = "expense:network-fee:ETH.ethereum"


@pytest.fixture
def earned(books):
    """Acme pays 3 + 4, Globex 2, somebody by hand 0.50; Acme's gas costs 900 wei."""
    _fee("one", ACCOUNT, 3 * UNIT, client="acme", corridor="US-MX")
    _fee("two", ACCOUNT, 4 * UNIT, client="acme", corridor="US-ETH")
    _fee("three", GLOBEX, 2 * UNIT, client="globex", corridor="US-MX")
    _fee("=hand", ACCOUNT, UNIT // 2, kind="adjustment", description="=1+1")
    _book("gas", Line.debit(NETWORK, 900), Line.credit(GAS, 900), kind="network_fee", dimensions={"client": "acme"})


def _fee(reference, account, amount, *, kind="withdrawal", description="", **dimensions):
    lines = (Line.debit(account, amount), Line.credit(FEES, amount))
    _book(reference, *lines, kind=kind, dimensions=dimensions, description=description)


def _book(reference, *lines, **more):
    with context.bind(Actor.system("test")):
        post(Posting(reference=reference, lines=lines, **({"value_at": clock.now()} | more)))


@pytest.fixture
def maker(client, cast, earned):
    client.force_login(cast.maker)
    return client


@pytest.fixture
def some(limited, earned):
    """Somebody who sees Globex only."""
    return limited


def _figures(response, asset=USDC):
    (found,) = [one for one in response.context["assets"] if one.asset.id == asset]
    return [(line.title, line.figure.revenue, line.figure.expense) for line in found.lines]


def _rows(response):
    return list(csv.DictReader(response.getvalue().decode().splitlines()))


@pytest.mark.parametrize(
    ("group", "figures"),
    [
        ("account", [(FEES, 9_500_000, 0)]),
        ("room", [("Fee income", 9_500_000, 0)]),
        ("client", [("belongs to none", 500_000, 0), ("Acme Robotics", 7_000_000, 0), ("Globex", 2_000_000, 0)]),
        ("corridor", [("belongs to none", 500_000, 0), ("US-ETH", 4_000_000, 0), ("US-MX", 5_000_000, 0)]),
        ("kind", [("Adjustment", 500_000, 0), ("Withdrawal", 9_000_000, 0)]),
    ],
)
def test_every_group_adds_up_to_the_same(maker, group, figures):
    response = maker.get(PAGE, {"group": group})
    assert _figures(response) == figures
    (usdc,) = [one for one in response.context["assets"] if one.asset.id == USDC]
    assert (usdc.revenue, usdc.expense, usdc.net) == (9_500_000, 0, 9_500_000)


def test_the_title_says_what_was_earned_net_in_each_asset(maker):
    title = text_of(maker.get(PAGE)).split("<h1>")[1].split("</h1>")[0]
    assert "9.50" in title
    assert "-0.0000000000000009" in title
    assert title.endswith("earned net")


def test_interval_time_and_asset_narrow(maker):
    _book("old", Line.debit(ACCOUNT, 7), Line.credit(FEES, 7), kind="withdrawal", value_at=LONG_AGO)
    january = {"since": "2026-01-01", "until": "2026-01-31"}
    assert _figures(maker.get(PAGE, january | {"by": "value_at"})) == [(FEES, 7, 0)]
    assert maker.get(PAGE, january).context["assets"] == []
    assert "Nothing was earned or spent" in text_of(maker.get(PAGE, january))
    only = maker.get(PAGE, {"asset": "ETH.ethereum"})
    assert [one.asset.id for one in only.context["assets"]] == ["ETH.ethereum"]
    assert _figures(only, "ETH.ethereum") == [(NETWORK, 0, 900)]


@pytest.mark.parametrize("query", [{"group": "moon"}, {"asset": "GOLD"}, {"since": "x"}])
def test_a_question_that_makes_no_sense_is_marked(maker, query):
    response = maker.get(PAGE, query)
    assert response.status_code == 200
    assert "field-error" in response.content.decode()


def test_each_figure_leads_to_the_entries_that_make_it_up(maker):
    response = maker.get(PAGE, {"group": "client"})
    (usdc,) = [one for one in response.context["assets"] if one.asset.id == USDC]
    for line in usdc.lines:
        behind = maker.get(line.url)
        assert sum(row.earned for row in behind.context["rows"]) == line.figure.net
        assert len(behind.context["rows"]) == line.figure.entries
    page = text_of(maker.get(usdc.lines[1].url))
    assert "<h1>What is behind Acme Robotics in USDC.ethereum</h1>" in page
    assert "/ledger/postings/two/" in page


def test_entries_go_on_by_keyset(maker, monkeypatch):
    url = maker.get(PAGE).context["assets"][-1].lines[0].url
    whole = [row.reference for row in maker.get(url).context["rows"]]
    monkeypatch.setattr("backoffice.console.ledger.behind.PAGE", 3)
    joined, where = [], url
    while where:
        response = maker.get(where)
        joined += [row.reference for row in response.context["rows"]]
        following = response.context["paging"].next_url
        where = following and url.partition("?")[0] + following
    assert joined == whole == ["=hand", "three", "two", "one"]
    assert len(maker.get(f"{url}&after=broken").context["rows"]) == 3


def test_other_clients_are_left_out_of_figures_entries_and_files(some):
    page = some.get(PAGE, {"group": "client"})
    assert _figures(page) == [("belongs to none", 500_000, 0), ("Globex", 2_000_000, 0)]
    assert "other clients are left out" in text_of(page)
    assert _figures(some.get(PAGE)) == [(FEES, 2_500_000, 0)]
    assert _figures(some.get(PAGE, {"group": "corridor"})) == [("belongs to none", 500_000, 0), ("US-MX", 2_000_000, 0)]
    behind = some.get(some.get(PAGE).context["assets"][0].lines[0].url)
    assert [row.reference for row in behind.context["rows"]] == ["=hand", "three"]
    (row,) = [row for row in _rows(some.get("/ledger/revenue/csv/")) if row["asset"] == USDC]
    assert row["revenue"] == "2.500000"
    rows = _rows(some.get("/ledger/revenue/entries/csv/", {"group": "account", "value": FEES}))
    assert [row["reference"] for row in rows] == ["'=hand", "three"]


@pytest.mark.parametrize("path", ["entries/", "entries/csv/"])
def test_another_clients_figure_is_not_there(some, path):
    assert some.get(PAGE + path, {"group": "client", "value": "acme"}).status_code == 404
    assert some.get(PAGE + path, {"group": "client", "value": "globex"}).status_code == 200


def test_a_page_that_passes_over_everything_leads_on(some, monkeypatch):
    monkeypatch.setattr("backoffice.console.ledger.behind.PAGE", 1)
    monkeypatch.setattr("backoffice.console.ledger.behind._MOST_ROUNDS", 1)
    found, where = [], f"{PAGE}entries/?{urlencode({'group': 'account', 'value': FEES})}"
    while where:
        response = some.get(where)
        found += [row.reference for row in response.context["rows"]]
        following = response.context["paging"].next_url
        where = following and f"{PAGE}entries/{following}"
    assert found == ["=hand", "three"]


def test_the_figures_as_a_file(maker):
    rows = _rows(maker.get("/ledger/revenue/csv/", {"group": "client"}))
    assert [(row["asset"], row["client"], row["revenue"], row["expense"], row["entries"]) for row in rows] == [
        ("ETH.ethereum", "acme", "0.000000000000000000", "0.000000000000000900", "1"),
        (USDC, "", "0.500000", "0.000000", "1"),
        (USDC, "acme", "7.000000", "0.000000", "2"),
        (USDC, "globex", "2.000000", "0.000000", "1"),
    ]
    event = AuditEvent.objects.get(type="console.exported")
    assert (event.actor_id, event.resource_type, event.resource_id) == ("maker", "revenue", "figures")
    assert event.metadata == {"filters": {"group": "client"}}


def test_the_entries_as_a_file_run_no_formula(maker):
    rows = _rows(maker.get("/ledger/revenue/entries/csv/", {"group": "kind", "value": "adjustment"}))
    (row,) = rows
    assert (row["reference"], row["description"], row["credit"], row["debit"]) == ("'=hand", "'=1+1", "0.500000", "")
    assert AuditEvent.objects.get(type="console.exported").resource_id == "entries"


def test_it_costs_the_same_however_many_entries(maker):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            maker.get(PAGE, {"group": "client"})
            maker.get(f"{PAGE}entries/", {"group": "account", "value": FEES})
        return len(asked)

    before = cost()
    for number in range(20):
        _fee(f"more/{number}", ACCOUNT, 1, client="acme")
    assert cost() == before < 50


@pytest.mark.parametrize("path", ["", "csv/", "entries/", "entries/csv/"])
def test_only_who_sees_books_sees_it(client, cast, earned, path):
    client.force_login(operator_with(cast, "support", Client.objects.get(pk="acme")))
    assert client.get(PAGE + path).status_code == 403
    assert not AuditEvent.objects.filter(type="console.exported").exists()
