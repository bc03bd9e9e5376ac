"""approvals.commands.parties: people, clients, corridors and destinations, each with its event and its versions."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.commands import (
    add_destination,
    block_destination,
    create_client,
    create_corridor,
    create_person,
    deactivate_person,
    set_client_status,
)
from approvals.errors import AlreadyExists, DestinationInvalid, Unknown
from approvals.models import Client, Corridor, Destination, Person
from approvals.queries import corridors, destination_status, destinations_of, find_destination, get_client, get_corridor, get_person
from audit import context
from audit.context import Context, NoActorBound
from audit.identity import new_id
from audit.models import AuditEvent
from tests.approvals.conftest import NOON, Clock
from tests.approvals.test_constraints import refused, run

pytestmark = pytest.mark.django_db

ADDRESS = {"type": "crypto_address", "network": "ethereum", "address": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"}
CORRIDOR: dict[str, Any] = {
    "corridor_id": "US-MX",
    "name": "United States to Mexico",
    "route": "off_ramp",
    "source_asset_id": "USDC.ethereum",
    "target_asset_id": "MXN",
    "country": "MX",
    "fee_bps": 25,
    "fee_minimum": 10**24,
}


def _events(type_: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(type=f"approvals.{type_}").order_by("recorded_at"))


@pytest.fixture
def acme(bound: Context) -> Client:
    return create_client(client_id="acme", name="Acme")


def _add(**changes: Any) -> Destination:
    arguments: dict[str, Any] = {
        "client_id": "acme",
        "kind": "crypto_address",
        "details": ADDRESS,
        "label": "Treasury",
        "cooling_off": timedelta(hours=24),
    }
    return add_destination(**arguments | changes)


def test_a_person_is_created_and_leaves(bound: Context) -> None:
    person = create_person(name="Ana Torres", email="ana@example.com")
    deactivate_person(person_id=person.id, reason="left")
    deactivate_person(person_id=person.id, reason="left")
    assert get_person(person.id).active is False
    assert [(event.resource_id, event.reason) for event in _events("person_deactivated")] == [(str(person.id), "left")]
    with pytest.raises(Unknown):
        deactivate_person(person_id=new_id(), reason="left")


def test_a_client_is_taken_on_once(acme: Client) -> None:
    assert create_client(client_id="acme", name="Acme") == acme
    with pytest.raises(AlreadyExists):
        create_client(client_id="acme", name="Another Acme")
    assert len(_events("client_created")) == 1


def test_each_change_of_a_client_leaves_a_version_and_an_event(acme: Client) -> None:
    set_client_status(client_id="acme", status="suspended", reason="overdue papers")
    set_client_status(client_id="acme", status="suspended", reason="again")
    versions = get_client("acme").history.order_by("history_date")
    assert [(version.status, version.history_user_id) for version in versions] == [("active", "test"), ("suspended", "test")]
    (event,) = _events("client_status_changed")
    assert (event.diff, event.reason) == ({"status": ["active", "suspended"]}, "overdue papers")
    assert [(version.history_change_reason, version.correlation_id) for version in versions] == [
        ("", event.correlation_id),
        ("overdue papers", event.correlation_id),
    ]


def test_a_version_keeps_a_reason_of_any_length_and_the_next_save_does_not_inherit_it(acme: Client) -> None:
    set_client_status(client_id="acme", status="suspended", reason="long " * 200)
    client = get_client("acme")
    client.save()
    assert [version.history_change_reason for version in client.history.order_by("history_date")] == ["", "long " * 200, ""]


def test_configuration_is_never_changed_anonymously(acme: Client) -> None:
    token = context._context.set(None)
    try:
        with pytest.raises(NoActorBound):
            Client(id="ghost", name="Ghost", created_at=NOON).save()
    finally:
        context._context.reset(token)


@pytest.mark.parametrize("attack", ["UPDATE approvals_historicalclient SET name = 'x'", "DELETE FROM approvals_historicalclient"])
def test_versions_are_history(acme: Client, attack: str) -> None:
    with refused("keeps its history"):
        run(attack)


def test_a_corridor_is_opened_once_with_whole_minor_units(bound: Context) -> None:
    corridor = create_corridor(**CORRIDOR)
    assert create_corridor(**CORRIDOR) == corridor
    assert (get_corridor("US-MX").fee_minimum, get_corridor("US-MX").slippage_bps) == (10**24, 50)
    with pytest.raises(AlreadyExists):
        create_corridor(**CORRIDOR | {"fee_bps": 26})
    with pytest.raises(TypeError):
        create_corridor(**CORRIDOR | {"corridor_id": "US-BR", "fee_minimum": 1.5})
    assert len(_events("corridor_created")) == 1


def test_open_corridors_are_found_by_their_assets(bound: Context) -> None:
    create_corridor(**CORRIDOR)
    Corridor.objects.create(
        id="US-BR", name="x", route="off_ramp", source_asset_id="USDC.ethereum", target_asset_id="BRL", active=False
    )
    assert [corridor.id for corridor in corridors(source_asset_id="USDC.ethereum")] == ["US-MX"]
    assert corridors(target_asset_id="BRL") == []


def test_a_destination_may_be_paid_after_its_cooling_off(acme: Client, moment: Clock) -> None:
    destination = _add()
    assert destination.details["address"] == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert (destination.cooling_off_until, destination.added_by) == (NOON + timedelta(hours=24), "test")
    moment.advance(hours=23, minutes=59)
    assert destination_status(destination) == "cooling_off"
    moment.advance(minutes=1)
    assert destination_status(destination) == "allowed"
    assert destination_status(None) == "unknown"


def test_adding_it_again_starts_nothing_over(acme: Client, moment: Clock) -> None:
    first = _add()
    moment.advance(hours=30)
    again = _add(details="0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED".replace("0X", "0x"), network="ethereum", label="Other")
    assert (again.id, again.cooling_off_until, again.label) == (first.id, first.cooling_off_until, "Treasury")
    block_destination(destination_id=first.id, reason="reported stolen")
    assert destination_status(_add()) == "blocked"
    assert len(_events("destination_added")) == 1


def test_a_blocked_destination_stays_blocked_after_its_cooling_off(acme: Client, moment: Clock) -> None:
    destination = _add()
    block_destination(destination_id=destination.id, reason="reported stolen")
    block_destination(destination_id=destination.id, reason="again")
    moment.advance(days=30)
    assert [destination_status(found) for found in destinations_of("acme")] == ["blocked"]
    assert [event.reason for event in _events("destination_blocked")] == ["reported stolen"]


def test_each_client_has_its_own_list(acme: Client) -> None:
    create_client(client_id="globex", name="Globex")
    ours, theirs = _add(), _add(client_id="globex")
    assert ours.id != theirs.id
    assert find_destination("globex", ours.fingerprint) == theirs
    assert find_destination("initech", ours.fingerprint) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, Unknown),
        ({"kind": "bank_account"}, DestinationInvalid),
        ({"details": {"type": "crypto_address", "network": "ethereum", "address": "0x1"}}, DestinationInvalid),
    ],
)
def test_a_wrong_destination_is_not_added(acme: Client, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        _add(**changes)
    assert (Destination.objects.count(), _events("destination_added")) == (0, [])


@pytest.mark.parametrize("call", [get_client, get_corridor])
def test_what_is_not_there_is_said(bound: Context, call: Any) -> None:
    with pytest.raises(Unknown, match=r"There is no c.* nowhere"):
        call("nowhere")
    assert Person.objects.count() == 0
