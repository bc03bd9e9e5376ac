"""One search box: what is named exactly opens, the rest is listed with why, and nobody finds what they may not open."""

import pytest

from approvals.commands import create_client
from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from tests.transfers import world as worlds
from tests.transfers.world import PAYEE, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> World:
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def maker(client, cast):
    client.force_login(cast.maker)
    return client


def _go(client, text: str):
    return client.get("/search/", {"q": text})


def test_an_exact_name_opens_the_thing_at_once(maker, house):
    transfer = house.order("5000.00", reference="INV-42")
    request = transfer.approval_request
    for text, where in (
        (transfer.reference, f"/transfers/{transfer.pk}/"),
        (transfer.reference.lower(), f"/transfers/{transfer.pk}/"),
        (f"  {transfer.pk}  ", f"/transfers/{transfer.pk}/"),
        (request.reference, f"/approvals/{request.pk}/"),
        (str(request.pk), f"/approvals/{request.pk}/"),
        (worlds.ACCOUNT, f"/ledger/accounts/{worlds.ACCOUNT}/"),
        ("opening/usdc", "/ledger/postings/opening/usdc/"),
    ):
        response = _go(maker, text)
        assert response.status_code == 302, text
        assert response["Location"] == where.replace(":", "%3A") or response["Location"] == where


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("INV-42", "the client&#x27;s reference"),
        ("INV", "part of the client&#x27;s reference"),
        ("5,000", "its amount in USDC"),
        (PAYEE, "its destination"),
        ("robotics", "part of its name"),
        ("fees:", "part of its code or name"),
    ],
)
def test_what_only_looks_alike_is_listed_with_why(maker, house, text, why):
    house.order("5000.00", reference="INV-42")
    response = _go(maker, text)
    assert response.status_code == 200
    assert why in response.content.decode()


def test_several_hits_are_listed_exact_ones_first(maker, house):
    found = _go(maker, "acme").context["found"]
    assert [hit.is_exact for hit in found] == sorted((hit.is_exact for hit in found), reverse=True)
    assert {hit.kind for hit in found} == {"Client's transfers", "Account"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type into the box above"),
        ("zzzz", "Nothing goes by that name"),
        ("a", "Nothing goes by that name"),
        ("\x00", "Type into"),
    ],
)
def test_nothing_found_says_what_to_try(maker, house, text, words):
    response = _go(maker, text)
    assert response.status_code == 200
    assert words in response.content.decode()


def test_nobody_finds_what_they_may_not_open(client, cast, house):
    transfer = house.order("5000.00", reference="INV-42")
    names = [
        transfer.reference,
        str(transfer.pk),
        "INV-42",
        "acme",
        worlds.ACCOUNT,
        "opening/usdc",
        transfer.approval_request.reference,
    ]
    with context.bind(Actor.system("test")):
        stranger = Operator.objects.create_user("stranger", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=stranger, role="support")
        see_client(operator=stranger, client=create_client(client_id="globex", name="Globex"))
    for person in (stranger, cast.outsider):
        client.force_login(person)
        for name in names:
            response = _go(client, name)
            assert response.status_code == 200
            assert response.context["found"] == [], (person, name)


def test_what_was_typed_is_shown_as_text(maker, house):
    assert "<script>alert" not in _go(maker, "<script>alert(1)</script>").content.decode()


def test_the_box_of_every_page_leads_here(maker):
    page = maker.get("/").content.decode()
    assert 'role="search" action="/search/"' in page
