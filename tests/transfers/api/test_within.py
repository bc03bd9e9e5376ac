"""Paying another client over the API: each side sees its own."""

import json

import pytest

from tests.transfers.api.conftest import Caller, key_for, problem, wanted
from tests.transfers.within import GLOBEX, OWN, exchange, neighbours
from tests.transfers.world import World, drive_until
from transfers.models import Transfer

SECRETS = ("for your eyes", "cost centre 7", "metadata", "fees", "approval", "reference")


@pytest.fixture
def globex(world: World) -> Caller:
    neighbours()
    return Caller(key_for(world, client_id="globex"))


def test_the_sender_reads_its_transfer_and_the_receiver_what_arrived(acme: Caller, globex: Caller) -> None:
    created = acme.create(destination=GLOBEX, reference="for your eyes", metadata={"note": "cost centre 7"})
    assert created.status_code == 201
    body = created.json()
    assert (body["destination"], body["corridor"], body["fees"]) == (GLOBEX, "WITHIN-USDC", [])
    assert globex.get("/v1/incoming_transfers").json()["data"] == []
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    sent = acme.get(created["Location"]).json()
    assert (sent["target_amount"], sent["fees"]) == (
        "100.000000",
        [{"kind": "internal_transfer", "amount": "0.250000", "currency": "USDC"}],
    )
    listed = globex.get("/v1/incoming_transfers").json()
    assert listed["has_more"] is False
    assert listed["data"] == [globex.get(f"/v1/incoming_transfers/{transfer.pk}").json()]
    received = listed["data"][0]
    assert received | {"received_at": ""} == {
        "transaction_id": str(transfer.pk),
        "sender": {"client": "acme", "name": "Acme Robotics"},
        "amount": "100.000000",
        "currency": "USDC",
        "asset": "USDC.ethereum",
        "status": "CONFIRMED",
        "received_at": "",
    }
    assert not any(secret in json.dumps(received) for secret in SECRETS)


def test_neither_side_finds_the_other_s_view(acme: Caller, globex: Caller) -> None:
    acme.create(destination=GLOBEX)
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    for response in (globex.get(f"/v1/transfers/{transfer.pk}"), acme.get(f"/v1/incoming_transfers/{transfer.pk}")):
        assert (response.status_code, problem(response)["code"]) == (404, "not_found")
    assert acme.get("/v1/incoming_transfers").json()["data"] == []
    assert globex.get("/v1/transfers").json()["data"] == []


def test_what_has_not_arrived_is_nobody_s_news(acme: Caller, globex: Caller) -> None:
    acme.create(destination=GLOBEX, amount="5000.00")
    transfer = Transfer.objects.get()
    assert globex.get(f"/v1/incoming_transfers/{transfer.pk}").status_code == 404


def test_pages_of_what_arrived_are_stable(acme: Caller, globex: Caller) -> None:
    for _ in range(3):
        acme.create(destination=GLOBEX)
    for transfer in Transfer.objects.all():
        drive_until(transfer, "CONFIRMED")
    first = globex.get("/v1/incoming_transfers?limit=2").json()
    rest = globex.get(f"/v1/incoming_transfers?limit=2&cursor={first['next_cursor']}").json()
    seen = [row["transaction_id"] for row in (*first["data"], *rest["data"])]
    assert (len(seen), len(set(seen)), first["has_more"], rest["has_more"]) == (3, 3, True, False)


def test_a_conversion_is_ordered_like_any_other(acme: Caller, globex: Caller) -> None:
    exchange()
    body = acme.create(target_currency="USD", destination=OWN | {"client": "globex"})
    assert (body.status_code, problem(body)["code"]) == (422, "invalid_destination")
    assert wanted()["source_currency"] == "USDC"
