"""The approval queue and the page of one request: what they show, to whom, and from which bytes."""

import time
from decimal import Decimal

import pytest
from django.db import connection

from approvals.commands import create_client
from approvals.models import Vote
from audit import context
from audit.context import Actor
from tests.console.office import operator_with, tamper, text_of, url_of, vote
from tests.sandbox.bank_office import TOKEN, open_office
from tests.sandbox.fixtures import chain
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from transfers import driver
from transfers.models import Quote
from transfers.rails import registry
from transfers.rails.registry import Rails, RailSettings

__all__ = ["chain"]
pytestmark = pytest.mark.django_db


# --- The queue --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "shown", "words"),
    [
        ("checker", {"mine", "pending"}, "waits for you"),
        ("maker", {"pending", "made"}, "You made it, so somebody else must decide it."),
        ("maker_again", {"pending", "made"}, "You made it, so somebody else must decide it."),
        ("auditor", {"pending"}, "This request needs the role approver."),
    ],
)
def test_the_tabs_and_what_stands_in_the_way(client, cast, transfer, who, shown, words):
    client.force_login(getattr(cast, who))
    for tab in ("mine", "pending", "decided", "made"):
        page = text_of(client.get(f"/approvals/?show={tab}"))
        assert (url_of(transfer) in page) == (tab in shown), tab
    page = text_of(client.get("/approvals/?show=pending"))
    for expected in (words, "5,000.00", "Acme Robotics", "From 1,000 USDC two approvers", "0 of 2"):
        assert expected in page, expected


def test_a_role_given_afterwards_does_not_count(client, cast, transfer):
    late = operator_with(cast, "approver", transfer.client)
    client.force_login(late)
    assert "after this request was made" in text_of(client.get("/approvals/?show=pending"))
    assert url_of(transfer) not in text_of(client.get("/approvals/?show=mine"))


def test_a_vote_moves_the_request_on(client, cast, house, transfer):
    client.force_login(cast.checker)
    vote(client, transfer)
    assert url_of(transfer) not in text_of(client.get("/approvals/?show=mine"))
    pending = text_of(client.get("/approvals/?show=pending"))
    assert "1 of 2" in pending
    assert "Checker; You have voted on it." in pending
    client.force_login(cast.second_checker)
    vote(client, transfer)
    assert url_of(transfer) not in text_of(client.get("/approvals/?show=pending"))
    assert url_of(transfer) in text_of(client.get("/approvals/?show=decided"))


@pytest.mark.parametrize(
    ("seen", "words"), [("0", "1 new since you opened this page"), ("1", ""), ("2", "has changed"), ("%C2%B2", "")]
)
def test_the_fragment_counts_and_moves_nothing(checker, transfer, seen, words):
    fragment = checker.get(f"/approvals/?show=mine&seen={seen}", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert words in text_of(fragment) if words else text_of(fragment) == ""
    assert "HX-Request" in fragment["Vary"]


def test_an_empty_queue_says_why(checker, house):
    assert "Nothing waits for you" in text_of(checker.get("/approvals/?show=nonsense"))
    assert "No request is pending" in text_of(checker.get("/approvals/?show=pending"))


def test_another_clients_request_is_neither_listed_nor_found(client, cast, transfer):
    with context.bind(Actor.system("test")):
        globex = create_client(client_id="globex", name="Globex")
    client.force_login(operator_with(cast, "approver", globex))
    assert url_of(transfer) not in text_of(client.get("/approvals/?show=pending"))
    assert client.get(url_of(transfer)).status_code == 404
    assert vote(client, transfer).status_code == 404
    assert not Vote.objects.exists()


# --- The page ---------------------------------------------------------------------------------------------------------------------
def test_the_page_says_everything_from_the_stored_bytes(checker, transfer):
    # What is beside the bytes is only a label.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE approvals_approvalrequest DISABLE TRIGGER ALL")
        cursor.execute("UPDATE approvals_approvalrequest SET title = 'Acme Robotics withdraws 5.00 USDC'")
        cursor.execute("ALTER TABLE approvals_approvalrequest ENABLE TRIGGER ALL")
    page = text_of(checker.get(url_of(transfer)))
    assert "<h1>Acme Robotics withdraws 5,000.00 USDC</h1>" in page
    assert "withdraws 5.00 USDC" not in page
    for words in (
        "From 1,000 USDC two approvers",
        "Below 1,000 USDC alone",
        "not fired",
        "wallet:hot-1:USDC.ethereum",
        "995,000.00",
        "994,999.50",
        "never: this is the first time",
        "2 more with the role approver",
        "Checker or Second Checker",
        "0 of 2",
        transfer.reference,
        'data-dialog="approve"',
        bytes(worlds.request_of(transfer).digest).hex(),
    ):
        assert words in page, words


@pytest.fixture
def priced(request, tmp_path):
    """The sandbox's chain and desk, for conversions."""
    with open_office(tmp_path) as office:
        # Its quotes must last beyond today.
        office.now = time.time()
        settings = RailSettings(
            chain_rpc_url=request.getfixturevalue("chain").url,
            bank_url=office.url,
            bank_token=TOKEN,
            desk_url=office.url,
            desk_token=TOKEN,
        )
        used = Rails(settings)
        before = registry.use(used)
        yield
        registry.use(before)
        used.close()


def test_an_off_ramp_says_what_they_get_and_where_the_tokens_go(checker, cast, house, priced):
    transfer = house.off_ramp("5000.00", makers=(cast.maker.person_id,))
    page = text_of(checker.get(url_of(transfer)))
    rate = f"{Quote.objects.get(transfer=transfer).rate.normalize():f}"
    for words in (
        "<h1>Acme Robotics withdraws 5,000.00 USDC</h1>",
        "They get",
        f" at {rate}</span>",
        "Tokens go to",
        "our settlement wallet at the liquidity partner",
        "position:USDC.ethereum/MXN:MXN",
        "Acme Robotics, MX",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("maker", "You made it, so somebody else must decide it."),
        ("auditor", "This request needs the role approver."),
    ],
)
def test_who_may_not_decide_sees_why_in_place_of_the_buttons(client, cast, transfer, who, words):
    client.force_login(getattr(cast, who))
    page = text_of(client.get(url_of(transfer)))
    assert words in page
    assert "data-dialog" not in page
    assert "<form" not in page.split("<main", 1)[1]


def test_a_changed_byte_shows_nothing_to_decide(checker, transfer):
    tamper(transfer)
    for response in (checker.get(url_of(transfer)), vote(checker, transfer, confirm="")):
        assert response.status_code == 409
        page = text_of(response)
        assert "This request was changed outside the system" in page
        assert "data-dialog" not in page
        assert "9,000.00" not in page
    assert not Vote.objects.exists()
    assert "9,000.00" not in text_of(checker.get("/approvals/?show=pending"))


def test_a_later_revision_says_field_by_field_what_has_changed(client, cast, house):
    with tame_outside() as tame:
        transfer = house.off_ramp("5000.00", makers=(cast.maker.person_id,))
        tame.desk_rate = Decimal("16.90")
        for person in (cast.checker.person, cast.second_checker.person):
            house.vote(transfer, person)
        driver.advance_one(transfer.id)
        client.force_login(cast.maker)
        assert "Propose new terms" in client.get(f"/transfers/{transfer.id}/").content.decode()
        assert client.post(f"/transfers/{transfer.id}/new_bounds/terms/", {"reason": "agreed by phone"}).status_code == 302
        assert client.post(f"/transfers/{transfer.id}/new_bounds/terms/", {"reason": "again"}).status_code == 409
    transfer.refresh_from_db()
    client.force_login(cast.checker)
    page = client.get(f"/approvals/{transfer.approval_request_id}/").content.decode()
    for words in ("What has changed", "Destination gets, at least", "84,575.00 MXN", "84,077.50 MXN"):
        assert words in page, words
