"""The books as pages: accounts, their entries and holds, postings; and whose accounts one sees."""

import pytest
from django.urls import reverse

from audit import clock, context
from audit.context import Actor
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from tests.console.office import GLOBEX, POSITION, text_of
from tests.transfers.world import ACCOUNT

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def test_the_chart_has_every_account_with_its_balance_and_the_proof(maker):
    page = text_of(maker.get("/ledger/"))
    for words in (ACCOUNT, GLOBEX, "999,997.00", "7.00", "balanced", POSITION, "client money"):
        assert words in page, words
    assert "NOT balanced" not in page


def test_an_account_shows_its_entries_and_holds(maker, books):
    transfer = books.order("5000.00")
    page = text_of(maker.get(reverse("console:account", args=[ACCOUNT])))
    for words in (
        "999,997.00",
        "5,000.50",
        "994,996.50",
        transfer.hold_reference,
        "Conversion 1",
        reverse("console:posting", args=["conversion/1"]),
    ):
        assert words in page, words


@pytest.mark.parametrize("code", [POSITION, ACCOUNT, "gas:hot-1:ETH.ethereum", "nostro:nordbank-mxn:MXN"])
def test_every_code_has_its_page_slashes_included(maker, code):
    response = maker.get(reverse("console:account", args=[code]))
    assert response.status_code == 200
    assert response.context["account"].code == code


def test_a_posting_shows_its_entries_with_the_balance_each_left(maker):
    page = text_of(maker.get("/ledger/postings/conversion/1/"))
    for words in ("<h1>Conversion 1</h1>", ACCOUNT, POSITION, "3.00", "999,997.00", "conversion/1"):
        assert words in page, words


@pytest.mark.parametrize("path", ["/ledger/accounts/wallet:none:X/", "/ledger/accounts/a/b/c/", "/ledger/postings/none/1/"])
def test_what_is_not_there_is_not_found(maker, path):
    assert maker.get(path).status_code == 404


def test_only_the_books_of_ones_clients_and_of_the_house(limited):
    page = text_of(limited.get("/ledger/"))
    assert ACCOUNT not in page
    for code in (GLOBEX, POSITION, "wallet:hot-1:USDC.ethereum"):
        assert code in page, code
    assert limited.get(reverse("console:account", args=[ACCOUNT])).status_code == 404
    assert limited.get(reverse("console:account", args=[GLOBEX])).status_code == 200


def test_another_clients_line_of_a_posting_has_no_name_and_no_balance(limited, books):
    page = text_of(limited.get("/ledger/postings/conversion/1/"))
    assert "Account of another client" in page
    assert ACCOUNT not in page
    assert "999,997.00" not in page
    with context.bind(Actor.system("test")):
        between = "client:acme:MXN"
        for code in (between, "client:initech:MXN"):
            open_account(
                code=code, name=code, kind=AccountKind.CLIENT_MONEY, asset_id="MXN", owner=code.rpartition(":")[0], guarded=False
            )
        lines = (Line.debit(between, 5), Line.credit("client:initech:MXN", 5))
        post(Posting(reference="move/1", kind="correction", value_at=clock.now(), lines=lines))
    assert limited.get("/ledger/postings/move/1/").status_code == 404
