"""The terminal as a page: every place, both sides, what explains the difference, and nobody outside asked while it is drawn."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.console.office import text_of
from tests.reconciliation.places import GAS, HOT, NOSTRO, chain_leg, reading, shown, sources
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, UNIT, drive_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def treasurer(client, cast, house):
    sources()
    client.force_login(cast.maker)
    return client


def _row(response, code):
    rows = [row for group in response.context["groups"] for row in group.rows]
    return next(row for row in rows if row.position.place.account_code == code)


def test_every_place_shows_both_sides_and_what_is_not_known(treasurer):
    reading(HOT, FUNDS)
    response = treasurer.get("/terminal/")
    page = text_of(response)
    for words in ("hot-1", "at the liquidity partner", "Nordbank pesos", "1,000,000.00", "block 7", "agrees", "unknown"):
        assert words in page, words
    assert [group.asset.id for group in response.context["groups"]] == ["ETH.ethereum", "MXN", "USDC.ethereum"]
    assert response.context["headline"] == "No unexplained difference where we know; 3 places unknown"


def test_a_difference_is_said_in_words_and_leads_to_its_reasons(treasurer, house):
    with tame_outside() as tame:
        tame.confirmations = 1
        transfer = drive_until(house.order("100.00"), "SENT_ON_CHAIN")
    shown(chain_leg(transfer), block=7)
    reading(HOT, FUNDS - 100 * UNIT)
    page = text_of(treasurer.get("/terminal/"))
    for words in ("explained", "-100.00", "1 shown outside, in our books in a moment", "sent, not booked", "1 payment"):
        assert words in page, words
    reading(HOT, FUNDS - 100 * UNIT - 7, block=8)
    response = treasurer.get("/terminal/")
    assert _row(response, HOT).sentence == "Outside there is 0.000007 USDC less than anything explains."
    assert response.context["headline"] == "1 place with a difference that nothing explains"


def test_an_old_figure_is_unknown_and_never_green(treasurer):
    reading(HOT, FUNDS, age=timedelta(minutes=14))
    row = _row(treasurer.get("/terminal/"), HOT)
    assert (row.badge.text, row.badge.tone) == ("unknown", "look")
    assert row.sentence == "The last figure is 14 m old: too old to say that anything agrees."


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("asset=MXN", {NOSTRO}),
        ("kind=gas", {GAS}),
        ("kind=wallet&differences=on", {"wallet:settlement-1:USDC.ethereum"}),
        ("asset=NONE&kind=bank", {NOSTRO}),
    ],
)
def test_it_can_be_narrowed(treasurer, query, codes):
    reading(HOT, FUNDS)
    response = treasurer.get(f"/terminal/?{query}")
    assert {row.position.place.account_code for group in response.context["groups"] for row in group.rows} == codes


def test_an_open_page_gets_only_what_changes(treasurer):
    part = treasurer.get("/terminal/?kind=gas", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    assert "hot-1, gas" in text_of(part)


def test_what_all_clients_have_together_is_for_those_who_see_all_clients(limited):
    page = text_of(limited.get("/terminal/"))
    assert "Our books, together" in page
    assert "Owed to clients" not in page


def test_it_asks_a_fixed_number_of_questions(treasurer, house):
    treasurer.get("/terminal/")
    with CaptureQueriesContext(connection) as few:
        treasurer.get("/terminal/")
    with tame_outside():
        for _ in range(3):
            drive_until(house.order("100.00"), "CONFIRMED")
    reading(HOT, FUNDS)
    reading(GAS, 1)
    with CaptureQueriesContext(connection) as more:
        treasurer.get("/terminal/")
    assert len(more) <= len(few) + 3
