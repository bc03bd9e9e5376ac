"""A cardholder who takes money back changes no state, and yet the client's balance: the client is told, with the amount."""

import json
from pathlib import Path
from typing import Any

from audit import clock
from tests.transfers.cards import card_provider, ordered
from tests.transfers.outbox.story import dispatch_all, listen
from tests.transfers.world import World, drive_until
from transfers import driver
from transfers.models import Transfer, WebhookDelivery
from transfers.outbox.payload import body_of

URL = "http://127.0.0.1:9/hooks"
TAKEN = "The cardholder has taken this payment back. The amount was deducted from your balance."
GIVEN = "The dispute about this payment was decided for you. The amount is in your balance again."


def test_each_dispute_and_its_end_is_told_with_what_cardholders_have_by_then(house: World, tmp_path: Path) -> None:
    listen(URL)
    with card_provider(tmp_path) as provider:
        deposit = drive_until(ordered("100.00"), "CONFIRMED")
        first = provider.chargeback(deposit, "30.00")
        _look(deposit)
        provider.chargeback(deposit, "20.00")
        _look(deposit)
        provider.lose(deposit, first)
        _look(deposit)
    dispatch_all()
    news = [_body(delivery) for delivery in WebhookDelivery.objects.order_by("event__seq") if "charge" in delivery.event.type]
    assert [(told["type"], told["data"]["disputed"], told["data"]["status_text"]) for told in news] == [
        ("transfer.charged_back", {"amount": "30.00", "currency": "MXN"}, TAKEN),
        ("transfer.charged_back", {"amount": "50.00", "currency": "MXN"}, TAKEN),
        ("transfer.chargeback_won", {"amount": "20.00", "currency": "MXN"}, GIVEN),
    ]
    assert {told["data"]["status"] for told in news} == {"CONFIRMED"}


def test_other_news_of_a_deposit_say_nothing_of_disputes(house: World, tmp_path: Path) -> None:
    listen(URL)
    with card_provider(tmp_path):
        drive_until(ordered("100.00"), "CONFIRMED")
    dispatch_all()
    bodies = [_body(delivery) for delivery in WebhookDelivery.objects.all()]
    assert bodies
    assert not [told for told in bodies if "disputed" in told["data"]]


def test_an_address_may_ask_for_disputes_alone(house: World, tmp_path: Path) -> None:
    listen(URL, events=["transfer.charged_back"])
    with card_provider(tmp_path) as provider:
        deposit = drive_until(ordered("100.00"), "CONFIRMED")
        provider.chargeback(deposit)
        _look(deposit)
    dispatch_all()
    assert [delivery.event.type for delivery in WebhookDelivery.objects.all()] == ["transfer.charged_back"]


def _look(deposit: Transfer) -> None:
    """The hint has come, and the driver asks."""
    Transfer.objects.filter(pk=deposit.pk).update(due_at=clock.now())
    driver.advance_one(deposit.pk)


def _body(delivery: WebhookDelivery) -> Any:
    return json.loads(body_of(delivery.event))
