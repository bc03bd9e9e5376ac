"""Transfers between clients on the console: ordered from the client's list, approved from the stored bytes, followed to the end."""

from uuid import uuid4

import pytest

from approvals.models import Destination
from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role
from tests.console.office import text_of, url_of
from tests.transfers import within
from tests.transfers import world as worlds
from tests.transfers.prices import reference_rates
from tests.transfers.tame import tame_outside
from tests.transfers.world import World, drive_until
from transfers.models import Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db) -> World:
    with context.bind(Actor.system("test")):
        house = worlds.build()
        within.neighbours()
        return house


def _ordered(house: World, amount: str) -> Transfer:
    with context.bind(Actor.system("test")):
        return within.pay(house, amount)


def test_a_client_s_neighbour_is_a_choice_like_any_other(client, cast, house):
    client.force_login(cast.maker)
    assert "USDC between clients" in text_of(client.get("/transfers/new/?client=acme"))
    neighbour = Destination.objects.get(kind="client_account")
    fields = {"client": "acme", "token": str(uuid4()), "destination": str(neighbour.pk), "amount": "5,000.00"}
    reviewed = text_of(client.post("/transfers/new/", fields | {"step": "review"}))
    assert "Globex" in reviewed
    assert Transfer.objects.count() == 0
    client.post("/transfers/new/", fields | {"step": "give"})
    assert Transfer.objects.get().receiver_id == "globex"


def test_the_approval_shows_the_receiver_and_the_one_posting(client, cast, house):
    transfer = _ordered(house, "5000.00")
    client.force_login(cast.checker)
    page = text_of(client.get(url_of(transfer)))
    for words in (
        "Acme Robotics pays another client 5,000.00 USDC",
        "globex",
        "first use",
        "client:globex:USDC.ethereum",
        "it is booked at once, and the receiver can use the money",
    ):
        assert words in page, words
    for words in ("Token contract", "the signer signs", "irreversible"):
        assert words not in page, words


def test_its_page_says_how_it_stands(client, cast, house):
    transfer = _ordered(house, "100.00")
    client.force_login(cast.checker)
    url = f"/transfers/{transfer.pk}/"
    assert "Accepted, waiting for its posting" in text_of(client.get(url))
    with context.bind(Actor.system("test")):
        drive_until(transfer, "CONFIRMED")
    page = text_of(client.get(url))
    assert "Booked, waiting for the books to prove it" in page
    assert "Internal transfer" in page
    assert "globex" in text_of(client.get("/transfers/"))


def test_a_conversion_has_its_page_too(client, cast, house):
    with context.bind(Actor.system("test")), tame_outside():
        grant_role(operator=cast.checker, role="viewer")
        within.exchange()
        reference_rates(USDC_USD="17")
        small, large = within.convert(house), within.convert(house, "5000.00")
        drive_until(small, "CONFIRMED")
    client.force_login(cast.checker)
    page = text_of(client.get(f"/transfers/{small.pk}/"))
    assert "own balance" in page
    assert "spread:USDC.ethereum/USD:USD" in page
    page = text_of(client.get(url_of(large)))
    assert "Acme Robotics converts 5,000.00 USDC" in page
    assert "if a firm quote stays inside the bounds" in page
