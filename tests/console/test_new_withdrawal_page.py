"""Making a withdrawal from the console: what the form shows, what it refuses, and that pressing twice makes one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from approvals.commands import add_destination, create_client, create_corridor, place_halt
from approvals.models import Destination
from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role, see_all_clients
from backoffice.access.models import Operator
from backoffice.console.transfers.once import make_once
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.transfers import world as worlds
from tests.transfers.world import Books, World
from transfers.models import IdempotencyKey, Transfer

NEW = "/transfers/new/"
FRESH = "0x52908400098527886E0F7030069857D2E4169EE7"


@pytest.fixture
def house(db) -> World:
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def maker(client, cast):
    client.force_login(cast.maker)
    return client


def _fields(house: World, **changes: str) -> dict[str, str]:
    usual = {
        "client": "acme",
        "token": str(uuid4()),
        "destination": str(house.destination.pk),
        "amount": "5,000.00",
        "step": "give",
    }
    return usual | changes


def _text(response) -> str:
    return " ".join(response.content.decode().split())


def test_first_the_client_then_the_order_with_a_token_of_its_own(maker, house):
    assert 'value="acme"' in maker.get(NEW).content.decode()
    first, second = maker.get(f"{NEW}?client=acme"), maker.get(f"{NEW}?client=acme")
    page = _text(first)
    for words in ("New withdrawal for Acme Robotics", "Treasury", "Pesos", "USDC on Ethereum", "USDC to pesos"):
        assert words in page
    assert first.context["form"]["token"].value() != second.context["form"]["token"].value()


def test_a_destination_that_cannot_be_used_says_why(maker, house):
    details = {"type": "crypto_address", "network": "ethereum", "address": FRESH}
    with context.bind(Actor.system("test")):
        fresh = add_destination(
            client_id="acme", kind="crypto_address", details=details, label="Fresh", cooling_off=timedelta(hours=5)
        )
    page = _text(maker.get(f"{NEW}?client=acme"))
    assert "cooling off" in page
    assert f"can be used from {fresh.cooling_off_until:%Y-%m-%d %H:%M} UTC" in page
    assert f'value="{fresh.pk}" required disabled' in page
    response = maker.post(NEW, _fields(house, destination=str(fresh.pk), step="review"))
    assert "The destination is cooling off for another" in _text(response)
    before = Books.now()
    assert maker.post(NEW, _fields(house, destination=str(fresh.pk))).status_code == 422
    assert Books.now() == before


def test_the_review_says_what_would_happen_and_writes_nothing(maker, house):
    before = Books.now()
    response = maker.post(NEW, _fields(house, step="review", reference="INV-7"))
    page = _text(response)
    assert response.status_code == 200
    for words in ("Somebody else must approve it", "2 approvals by people with the role approver", "From 1,000 USDC two approvers"):
        assert words in page
    assert response.context["review"].total == 5_000_500_000
    assert response.context["review"].after == worlds.FUNDS - 5_000_500_000
    assert Books.now() == before
    assert IdempotencyKey.objects.count() == 0


def test_a_small_one_is_announced_as_going_at_once(maker, house):
    assert "It goes at once" in _text(maker.post(NEW, _fields(house, amount="12", step="review")))


def test_giving_it_makes_one_transfer_of_this_maker(maker, cast, house):
    response = maker.post(NEW, _fields(house, reference="INV-7"))
    transfer = Transfer.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/transfers/{transfer.pk}/"
    assert (transfer.made_by, transfer.made_by_type, transfer.client_reference) == ("maker", "operator", "INV-7")
    assert transfer.source_amount == 5_000_000_000
    assert transfer.approval_request is not None
    assert [maker.person_id for maker in transfer.approval_request.makers.all()] == [cast.maker.person_id]


def test_the_web_servers_database_role_may_make_and_cancel_one(maker, house, database_role):
    with database_role("countersign_web"):
        where = maker.post(NEW, _fields(house))["Location"]
        maker.post(f"{where}cancel/", {"reason": "wrong amount"})
    assert Transfer.objects.get().status == "CANCELLED"


def test_pressing_twice_makes_one(maker, house):
    fields = _fields(house)
    first = maker.post(NEW, fields)
    again = maker.post(NEW, fields, follow=True)
    assert Transfer.objects.count() == 1
    assert again.redirect_chain[-1][0] == first["Location"]
    assert "There is only one." in again.content.decode()


def test_the_same_token_with_another_amount_is_not_taken_for_the_same(maker, house):
    fields = _fields(house)
    maker.post(NEW, fields)
    changed = maker.post(NEW, fields | {"amount": "6000"})
    assert changed.status_code == 409
    assert Transfer.objects.get().reference in changed.content.decode()
    fresh = changed.context["form"]["token"].value()
    assert fresh != fields["token"]
    maker.post(NEW, fields | {"amount": "6000", "token": fresh})
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "Give an amount above zero."),
        ({"amount": "1.0000001"}, "decimal string"),
        ({"amount": "much"}, "decimal string"),
        ({"amount": ""}, "Give an amount."),
        ({"amount": "2000000"}, "are left"),
        ({"destination": ""}, "Choose where the money goes."),
        ({"destination": str(uuid4())}, "not one of the available choices"),
        ({"token": ""}, "This field is required."),
        ({"corridor": "US-NOWHERE"}, "not one of the available choices"),
        ({"corridor": "US-MX"}, "No active corridor reaches that destination."),
        ({"reference": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_is_refused_is_said_beside_the_field_and_changes_nothing(maker, house, changes, words):
    before = Books.now()
    response = maker.post(NEW, _fields(house, **changes))
    assert response.status_code == 422
    assert words in response.content.decode() + str(response.context["form"].errors)
    assert Books.now() == before


def test_more_than_the_balance_is_announced_in_the_review(maker, house):
    response = maker.post(NEW, _fields(house, amount="999,999.90", step="review"))
    assert "The available balance does not cover amount and fee." in _text(response)
    assert 'value="give" disabled' in _text(response)


def test_a_halt_in_the_way_is_announced_in_the_review(maker, house):
    with context.bind(Actor.system("test")):
        place_halt(scope="corridor", target="US-ETH", reason="rates look wrong")
    response = maker.post(NEW, _fields(house, step="review"))
    assert "Corridor US-ETH is stopped since" in response.context["review"].obstacle
    before = Books.now()
    assert maker.post(NEW, _fields(house)).status_code == 422
    assert Books.now() == before


def test_two_corridors_to_one_destination_are_a_question(maker, house):
    with context.bind(Actor.system("test")):
        create_corridor(
            corridor_id="US-ETH-2",
            name="USDC express",
            route="on_chain_withdrawal",
            source_asset_id=worlds.USDC,
            target_asset_id=worlds.USDC,
            network="ethereum",
        )
    assert 'name="corridor"' in maker.get(f"{NEW}?client=acme").content.decode()
    asked = maker.post(NEW, _fields(house))
    assert asked.status_code == 422
    assert "One of US-ETH, US-ETH-2." in asked.content.decode()
    maker.post(NEW, _fields(house, corridor="US-ETH-2"))
    assert Transfer.objects.get().corridor_id == "US-ETH-2"


def test_another_clients_destination_and_a_client_out_of_scope_are_not_there(maker, house, cast):
    with context.bind(Actor.system("test")):
        create_client(client_id="globex", name="Globex")
        details = {"type": "crypto_address", "network": "ethereum", "address": FRESH}
        theirs = add_destination(client_id="globex", kind="crypto_address", details=details, label="", cooling_off=timedelta(0))
        outsider = Operator.objects.create_user("op2", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=outsider, role="operator")
    assert maker.post(NEW, _fields(house, destination=str(theirs.pk))).status_code == 422
    maker.force_login(outsider)
    assert "You see no client" in maker.get(NEW).content.decode()
    assert maker.get(f"{NEW}?client=acme").status_code == 404
    assert maker.post(NEW, _fields(house)).status_code == 404
    assert Transfer.objects.count() == 0
    assert Destination.objects.filter(client_id="globex").count() == 1


def test_an_account_without_a_person_cannot_make_anything(client, cast, house):
    with context.bind(Actor.system("test")):
        nobody = Operator.objects.create_user("nobody", password="correct horse battery")
        grant_role(operator=nobody, role="operator")
        see_all_clients(operator=nobody)
    client.force_login(nobody)
    response = client.post(NEW, _fields(house))
    assert response.status_code == 422
    assert "Your account belongs to no person" in response.content.decode()
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_make_withdrawals_is_told_which_permission_is_missing(client, cast, house, method):
    client.force_login(cast.checker)
    response = getattr(client, method)(NEW)
    assert response.status_code == 403
    assert "transfers.create_withdrawal" in response.content.decode()


def test_two_presses_at_the_same_moment_make_one(django_db_setup, django_db_blocker, monkeypatch):
    """Truly at the same time: two connections, commits that are real."""
    monkeypatch.setattr("transfers.commands.create.wake_after_commit", lambda _: None)
    with django_db_blocker.unblock(), committed_copy(), context.bind(Actor.system("test")):
        house = worlds.build()
        order, token = house.wanted("5000.00"), uuid4()
        made = at_once([lambda: make_once(order, token=token, operator_id=1).transfer.pk] * 2)
        assert made == [Transfer.objects.get().pk] * 2
