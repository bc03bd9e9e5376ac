"""The drill page on a bank that really runs: arming, what is in force, calling off, and who may."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from audit.models import AuditEvent
from backoffice.sandbox.bank.faults import KINDS
from backoffice.sandbox.chain.orders import KINDS as CHAIN_KINDS
from backoffice.sandbox.desks.orders import KINDS as DESK_KINDS
from backoffice.sandbox.desks.server import Floor
from backoffice.sandbox.desks.server import Server as DeskServer
from backoffice.sandbox.drills import psp_words
from backoffice.sandbox.drills.bank_words import DRILLS
from backoffice.sandbox.drills.chain_words import SEEN
from backoffice.sandbox.psp.faults import KINDS as PSP_KINDS
from tests.console.office import operator_with, text_of
from tests.sandbox.bank_office import TOKEN, open_office
from tests.sandbox.fixtures import chain as chain
from tests.transfers.cards import TOKEN as CARD_TOKEN
from tests.transfers.cards import card_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[None]:
    with open_office(tmp_path) as office, override_settings(BANK_URL=office.url, BANK_TOKEN=TOKEN):
        yield


@pytest.fixture
def oncall(client: Client, cast) -> Client:
    client.force_login(operator_with(cast, "oncall"))
    return client


def _arm(browser: Client, kind: str, **fields: str):
    given = {"reason": "Friday practice", "times": "1", **fields}
    return browser.post(f"/drills/bank/{kind}/arm/", {f"bank-{kind}-{name}": value for name, value in given.items()})


def _events() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(resource_type="drill").order_by("occurred_at")
    return [(row.type, row.reason, row.metadata.get("kind", "")) for row in rows]


def test_every_fault_of_the_bank_is_on_the_page_in_words(oncall, bank):
    assert {drill.kind: {setting.name for setting in drill.settings} for drill in DRILLS} == {
        kind: set(settings) for kind, settings in KINDS.items()
    }
    page = text_of(oncall.get("/drills/"))
    assert "No drill is in force" in page
    for drill in DRILLS:
        assert f"Arm… The bank: {drill.title}" in page


def test_arming_is_told_and_shown_until_it_is_called_off(oncall, bank):
    assert _arm(oncall, "reject", set_code="RR04", times="3").status_code == 302
    page = oncall.get("/drills/")
    assert "1 drill in force" in text_of(page)
    assert "The bank: Rejects a payout" in text_of(page)
    assert "3 times more; happened not yet. Code: RR04." in text_of(page)
    (shown,) = page.context["shown"][0].armed
    assert oncall.post(f"/drills/bank/{shown[0].id}/off/", {"reason": "seen enough"}).status_code == 302
    assert "No drill is in force" in text_of(oncall.get("/drills/"))
    assert _events() == [("drill.armed", "Friday practice", "reject"), ("drill.called_off", "seen enough", "")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": " "}, "This field is required."),
        ({"times": "0"}, "greater than or equal to 1"),
        ({"set_code": "closed"}, "It was not armed: code of reject cannot be &#x27;closed&#x27;"),
    ],
)
def test_a_drill_that_cannot_be_armed_says_why_and_arms_nothing(oncall, bank, fields, words):
    response = _arm(oncall, "reject", **{"set_code": "AC04"} | fields)
    assert response.status_code == 422
    assert words in text_of(response)
    assert "No drill is in force" in text_of(response)
    assert _events() == []


def test_the_card_provider_takes_its_orders_from_the_page(oncall, bank, tmp_path):
    assert {drill.kind: {setting.name for setting in drill.settings} for drill in psp_words.DRILLS} == {
        kind: {"only", *settings} for kind, settings in PSP_KINDS.items()
    }
    with card_provider(tmp_path) as cards, override_settings(PSP_URL=cards.url, PSP_TOKEN=CARD_TOKEN):
        given = {"reason": "Friday practice", "times": "2", "set_only": "capture", "set_by": "0.05"}
        armed = oncall.post("/drills/psp/lie/arm/", {f"psp-lie-{name}": value for name, value in given.items()})
        assert armed.status_code == 302
        any_order = oncall.post(
            "/drills/psp/lose/arm/", {"psp-lose-reason": "and more", "psp-lose-times": "1", "psp-lose-set_only": ""}
        )
        assert any_order.status_code == 302
        page = text_of(oncall.get("/drills/"))
    assert "The card provider: Answers with another amount" in page
    assert "2 times more; happened not yet. By: 0.05. Only: capture." in page
    assert "The card provider: Says yes and loses it" in page


def test_calling_off_needs_a_reason(oncall, bank):
    _arm(oncall, "down")
    (shown,) = oncall.get("/drills/").context["shown"][0].armed
    oncall.post(f"/drills/bank/{shown[0].id}/off/", {"reason": ""})
    assert "1 drill in force" in text_of(oncall.get("/drills/"))


def test_a_bank_that_does_not_answer_is_said(oncall):
    with override_settings(BANK_URL="http://127.0.0.1:9", BANK_TOKEN=TOKEN):
        page = text_of(oncall.get("/drills/"))
        assert "The bank cannot be asked" in page
        assert _arm(oncall, "lose").status_code == 422
    assert _events() == []


def test_the_chain_has_its_orders_there_too(oncall, bank, chain):
    with override_settings(CHAIN_RPC_URL=chain.url):
        page = text_of(oncall.get("/drills/"))
        assert all(f"Arm… The chain: {kind.title}" in page for kind in CHAIN_KINDS.values())
        assert CHAIN_KINDS.keys() == SEEN.keys()
        sent = {"reason": "Friday practice", "set_what": "amount"}
        assert (
            oncall.post("/drills/chain/lie/arm/", {f"chain-lie-{name}": value for name, value in sent.items()}).status_code == 302
        )
        page = oncall.get("/drills/")
        assert "The chain: Lie about receipts" in text_of(page)
        (shown,) = page.context["shown"][1].armed
        oncall.post(f"/drills/chain/{shown[0].id}/off/", {"reason": "seen enough"})
        assert "No drill is in force" in text_of(oncall.get("/drills/"))
    assert _events() == [("drill.armed", "Friday practice", "lie"), ("drill.called_off", "seen enough", "")]


def test_the_second_node_takes_orders_about_itself_alone(oncall, bank, chain):
    with override_settings(CHAIN_RPC_URL=chain.url, CHAIN_RPC_URL_2=chain.url):
        page = text_of(oncall.get("/drills/"))
        offered = {kind.code for kind in CHAIN_KINDS.values() if f"Arm… The second node: {kind.title}" in page}
        assert offered == {kind.code for kind in CHAIN_KINDS.values() if kind.door}
        assert oncall.post("/drills/chain-2/reorg/arm/", {}).status_code == 404


@pytest.fixture
def desks() -> Iterator[None]:
    server = DeskServer(("127.0.0.1", 0), token=TOKEN, floor=Floor())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    here = {"DESKS": {"harbour": f"{url}/desks/harbour"}, "DESK_TOKENS": {"harbour": TOKEN}}
    with override_settings(**here, RATES_URL=f"{url}/rates", RATES_TOKEN=TOKEN):
        yield
    server.shutdown()
    server.server_close()


def test_desks_and_the_rate_feed_have_every_order_of_theirs(oncall, bank, desks):
    shown = {one.source.name: one.source for one in oncall.get("/drills/").context["shown"]}
    assert {drill.kind for drill in shown["desk-harbour"].drills} == set(DESK_KINDS) - {"honest", "frozen"}
    assert {drill.kind for drill in shown["rates"].drills} == {"slow", "down", "error", "garbage", "frozen"}


@pytest.mark.parametrize(
    ("source", "kind", "fields", "said"),
    [
        ("desk-harbour", "outlier", {"times": "3"}, "The desk Harbour: Quotes twice too much"),
        ("desk-harbour", "slow", {"set_seconds": "7"}, "Until it is called off. Seconds: 7."),
        ("rates", "frozen", {}, "The rate feed: Stands still"),
    ],
)
def test_a_desk_follows_its_order_until_it_is_called_off(oncall, bank, desks, source, kind, fields, said):
    given = {"reason": "Friday practice", **fields}
    sent = {f"{source}-{kind}-{name}": value for name, value in given.items()}
    assert oncall.post(f"/drills/{source}/{kind}/arm/", sent).status_code == 302
    page = oncall.get("/drills/")
    assert "1 drill in force" in text_of(page)
    assert said in text_of(page)
    (armed,) = [order for one in page.context["shown"] for order, *_ in one.armed]
    assert oncall.post(f"/drills/{source}/{armed.id}/off/", {"reason": "seen enough"}).status_code == 302
    assert "No drill is in force" in text_of(oncall.get("/drills/"))
    assert _events() == [("drill.armed", "Friday practice", kind), ("drill.called_off", "seen enough", "")]


def test_an_order_that_a_desk_cannot_follow_is_refused_in_its_words(oncall, bank, desks):
    sent = {"desk-harbour-slow-reason": "practice", "desk-harbour-slow-set_seconds": "long"}
    response = oncall.post("/drills/desk-harbour/slow/arm/", sent)
    assert response.status_code == 422
    assert "seconds and times are numbers" in text_of(response)
    assert _events() == []


def test_what_nobody_offers_is_not_found(oncall, bank):
    assert oncall.post("/drills/bank/explode/arm/").status_code == 404
    assert oncall.post("/drills/moon/lose/arm/").status_code == 404


def test_an_operator_may_not(client, cast, bank):
    client.force_login(operator_with(cast, "operator"))
    assert client.get("/drills/").status_code == 403
    assert _arm(client, "down").status_code == 403
    assert _events() == []
