"""The transfer list, one transfer's page, cancelling it, and making one from the console."""

import pytest

from audit import context
from audit.context import Actor
from tests.transfers import world as worlds
from transfers.models import Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    with context.bind(Actor.system("test")):
        yield worlds.build()


def test_the_list_shows_amount_client_and_state(client, cast, house):
    transfer = house.order("5000.00")
    client.force_login(cast.maker)
    page = client.get("/transfers/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "5,000.00" in text
    assert "Acme Robotics" in text
    assert "waiting for a person" in text
    assert f"/transfers/{transfer.pk}/" in text


def test_the_page_says_what_is_the_case(client, cast, house):
    transfer = house.order("5000.00")
    client.force_login(cast.maker)
    page = client.get(f"/transfers/{transfer.pk}/")
    assert page.status_code == 200
    assert "Waiting for approval: 0 of 2" in page.content.decode()
    assert Transfer.objects.count() == 1
