"""The chart of accounts as a page: what each account holds, by asset and side; what is overdrawn; and whose accounts one sees."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import context
from audit.context import Actor
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from tests.console.office import GLOBEX, POSITION, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
WALLET = "wallet:hot-1:USDC.ethereum"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


@pytest.fixture
def overdrawn(books):
    """A chargeback takes Globex 5.00 below zero."""
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 12 * UNIT), Line.credit(WALLET, 12 * UNIT))
        post(Posting(reference="back/1", kind="chargeback", value_at=LONG_AGO, lines=lines, forced_kind="chargeback"))


def _codes(response):
    return [line.account.code for chart in response.context["charts"] for group in chart.groups for line in group.lines]


def test_every_account_stands_in_its_asset_on_its_side_with_what_it_holds(maker, books):
    books.order("5000.00")
    response = maker.get("/ledger/")
    page = text_of(response)
    for words in (ACCOUNT, GLOBEX, "999,997.00", "7.00", "5,000.50", "994,996.50", POSITION, "client money"):
        assert words in page, words
    assert [chart.asset.id for chart in response.context["charts"]] == ["ETH.ethereum", "MXN", USDC]
    usdc = response.context["charts"][2]
    assert [(group.title, len(group.lines)) for group in usdc.groups] == [
        ("Assets", 2),
        ("Liabilities", 2),
        ("Equity", 1),
        ("Revenue", 1),
    ]


def test_a_whole_side_is_added_up(maker):
    usdc = maker.get("/ledger/").context["charts"][2]
    assert [group.total for group in usdc.groups] == [1_000_007 * UNIT, 1_000_004 * UNIT, 3 * UNIT, 0]


def test_the_title_says_how_many_and_that_none_is_overdrawn(maker):
    page = text_of(maker.get("/ledger/"))
    assert "<h1>13 accounts, none overdrawn</h1>" in page
    assert "Clients who owe us" not in page


def test_an_overdrawn_client_stands_above_everything(maker, overdrawn):
    page = text_of(maker.get("/ledger/"))
    assert "<h1>13 accounts, 1 overdrawn</h1>" in page
    assert "Clients who owe us" in page
    assert "/ledger/postings/back/1/" in page
    assert '<span class="badge badge-danger">overdrawn</span>' in page
    assert _codes(maker.get("/ledger/", {"overdrawn": "on"})) == [GLOBEX]


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({"q": "GLOBEX"}, [GLOBEX]),
        ({"q": "hot-1", "asset": USDC}, [WALLET]),
        ({"type": "revenue"}, ["fees:withdrawal:USDC.ethereum"]),
        ({"q": "nobody"}, []),
        ({"overdrawn": "on"}, []),
        ({"asset": "GOLD"}, []),
        ({"type": "nonsense"}, []),
        ({"q": "a\0b"}, []),
    ],
)
def test_filters_narrow(maker, filters, codes):
    response = maker.get("/ledger/", filters)
    assert response.status_code == 200
    assert _codes(response) == codes
    assert ("No account matches" in text_of(response)) is (not codes)


def test_a_long_side_shows_its_first_accounts_and_counts_the_rest(maker, monkeypatch):
    monkeypatch.setattr("backoffice.console.ledger.chart._MOST_PER_GROUP", 1)
    response = maker.get("/ledger/")
    usdc = response.context["charts"][2]
    assert [(len(group.lines), group.more, group.total) for group in usdc.groups][:2] == [(1, 1, None), (1, 1, None)]
    assert "1 more: filter by name or code to see them." in text_of(response)


def test_only_the_books_of_ones_clients_and_of_the_house(limited, overdrawn):
    response = limited.get("/ledger/")
    page = text_of(response)
    assert ACCOUNT not in page
    assert "<h1>12 accounts, 1 overdrawn</h1>" in page
    for code in (GLOBEX, POSITION, WALLET):
        assert code in page, code
    assert _codes(limited.get("/ledger/", {"q": "acme"})) == []


def test_another_clients_overdraft_is_not_told_of(limited, books):
    with context.bind(Actor.system("test")):
        lines = (Line.debit(ACCOUNT, 2_000_000 * UNIT), Line.credit(WALLET, 2_000_000 * UNIT))
        post(Posting(reference="back/2", kind="chargeback", value_at=LONG_AGO, lines=lines, forced_kind="chargeback"))
    page = text_of(limited.get("/ledger/"))
    assert "none overdrawn" in page
    assert "back/2" not in page


def test_it_costs_the_same_however_many_accounts(maker):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            maker.get("/ledger/")
        return len(queries)

    cost()
    before = cost()
    with context.bind(Actor.system("test")):
        for number in range(20):
            code = f"client:acme:x{number}:USDC"
            open_account(code=code, name=code, kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:acme")
    assert cost() == before < 30


@pytest.mark.parametrize(
    "path", ["/ledger/accounts/wallet:none:X/", "/ledger/accounts/a/b/c/", "/ledger/accounts/a%00b/", "/ledger/postings/a%00b/"]
)
def test_what_is_not_there_is_not_found(maker, path):
    assert maker.get(path).status_code == 404


@pytest.mark.parametrize("code", [POSITION, ACCOUNT, "gas:hot-1:ETH.ethereum", "nostro:nordbank-mxn:MXN"])
def test_every_code_has_its_page_slashes_included(maker, code):
    response = maker.get(reverse("console:account", args=[code]))
    assert response.status_code == 200
    assert code in text_of(response)
