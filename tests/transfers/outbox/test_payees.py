"""Whoever is paid by another client is told what arrived, once, in their own words."""

import json

from approvals.models import ApprovalRequest
from tests.transfers.outbox.story import dispatch_all, listen
from tests.transfers.tame import Tame
from tests.transfers.within import GLOBEX, neighbours
from tests.transfers.world import World, drive_until
from transfers.models import OutboxEvent, ReceiptOrder, WebhookDelivery
from transfers.outbox.payload import body_of
from transfers.outbox.queries import told_of

URL, RECEIVED = "http://127.0.0.1:9/hooks", "incoming_transfer.received"
SECRETS = ("for your eyes", "metadata", "fees", "approval", "corridor", "destination")


def test_the_receiver_is_told_once_and_nothing_of_the_senders(house: World, tame: Tame) -> None:
    neighbours()
    sender, _ = listen(URL)
    receiver, _ = listen(URL, client_id="globex")
    transfer = drive_until(house.order(destination=GLOBEX, reference="for your eyes"), "CONFIRMED")
    dispatch_all()
    heard = WebhookDelivery.objects.get(endpoint=receiver)
    body = json.loads(body_of(heard.event))
    assert (body["type"], body["id"]) == (RECEIVED, str(heard.event_id))
    assert body["data"] | {"received_at": ""} == {
        "transaction_id": str(transfer.pk),
        "sender": {"client": "acme", "name": "Acme Robotics"},
        "amount": "100.000000",
        "currency": "USDC",
        "asset": "USDC.ethereum",
        "status": "CONFIRMED",
        "status_text": "Another client has paid you. The amount is in your balance.",
        "received_at": "",
    }
    assert not any(secret in json.dumps(body) for secret in SECRETS)
    assert RECEIVED not in WebhookDelivery.objects.filter(endpoint=sender).values_list("event__type", flat=True)
    assert heard.event.correlation_id != transfer.correlation_id


def test_the_sender_s_story_and_receipt_are_as_before(house: World, tame: Tame) -> None:
    neighbours()
    transfer = drive_until(house.order(destination=GLOBEX), "CONFIRMED")
    dispatch_all()
    assert {event.client_id for event, _ in told_of(transfer.pk)} == {"acme"}
    assert ReceiptOrder.objects.filter(transfer=transfer).count() == 1
    last = OutboxEvent.objects.filter(transfer=transfer, type="transfer.confirmed").get()
    assert set(json.loads(body_of(last))["data"]) >= {"confirmed_at", "previous_status"}


def test_what_has_not_arrived_is_no_news(house: World, tame: Tame) -> None:
    neighbours()
    listen(URL, client_id="globex")
    house.order("5000.00", destination=GLOBEX)
    assert ApprovalRequest.objects.count() == 1
    dispatch_all()
    assert not OutboxEvent.objects.filter(client_id="globex").exists()


def test_a_payment_on_chain_tells_nobody_else(house: World, tame: Tame) -> None:
    drive_until(house.order(), "CONFIRMED")
    assert set(OutboxEvent.objects.values_list("client_id", flat=True)) == {"acme"}
