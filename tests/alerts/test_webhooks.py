"""Clients who are not told: one alert per address, and one when nothing leaves at all."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db.models.functions import Now

from audit import context
from audit.context import Actor
from backoffice.alerts.rules.webhooks import FailingEndpoints, UnsentMessages
from backoffice.console.runbooks import RUNBOOKS
from tests.transfers import world as worlds
from tests.transfers.world import World
from transfers.models import OutboxEvent, WebhookEndpoint
from transfers.outbox import endpoints
from transfers.outbox.switching import Why

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings: Any) -> World:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with context.bind(Actor.system("test")):
        found = worlds.build()
        endpoints.add(client_id="acme", url="https://hooks.example.com/", events=["*"])
    return found


def fail(since: timedelta) -> None:
    WebhookEndpoint.objects.update(failures=7, failing_since=Now() - since)


def test_an_address_that_fails_for_an_hour_is_told_of_until_it_takes_something(house: World) -> None:
    rule = FailingEndpoints()
    assert rule.find() == []
    fail(timedelta(minutes=50))
    assert rule.find() == []
    fail(timedelta(minutes=70))
    (found,) = rule.find() or []
    endpoint = WebhookEndpoint.objects.get()
    assert found.cause_key == str(endpoint.pk)
    assert found.client_id == "acme"
    assert "Acme Robotics" in found.title
    assert found.link == f"/webhooks/{endpoint.pk}/"
    assert found.runbook in RUNBOOKS
    WebhookEndpoint.objects.update(failures=0, failing_since=None)
    assert rule.find() == []


def test_one_that_was_switched_off_for_it_stays_told_of_until_a_person_decides(house: World) -> None:
    WebhookEndpoint.objects.update(status="disabled", disabled_by="failures", disabled_at=Now())
    rule, endpoint = FailingEndpoints(), WebhookEndpoint.objects.get()
    (found,) = rule.find() or []
    assert "was switched off" in found.title
    with context.bind(Actor.system("test")):
        endpoints.disable(endpoint_id=endpoint.pk, client_id="acme", why=Why.OPERATOR, reason="the client has left")
    assert rule.find() == []


def test_one_that_a_client_removed_is_nobodys_trouble(house: World) -> None:
    fail(timedelta(days=2))
    with context.bind(Actor.system("test")):
        endpoints.remove(endpoint_id=WebhookEndpoint.objects.get().pk, client_id="acme")
    assert FailingEndpoints().find() == []


def test_events_that_nobody_dispatches_are_told_of(house: World, settings: Any) -> None:
    house.order()
    assert UnsentMessages().find() == []
    settings.ALERT_THRESHOLDS = {"unsent": "0"}
    (found,) = UnsentMessages().find() or []
    assert found.runbook in RUNBOOKS
    OutboxEvent.objects.update(dispatched_at=Now())
    assert UnsentMessages().find() == []
