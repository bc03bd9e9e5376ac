"""Alerts as rows: one open per cause, acknowledged once, read by those who may."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from audit import clock
from audit.models import AuditEvent
from backoffice.alerts import channels, commands, queries
from backoffice.alerts.errors import AlertResolved, AlertUnknown
from backoffice.alerts.models import Alert
from tests.alerts.looking import in_state, opened
from tests.transfers.world import World
from transfers.models import Transfer

pytestmark = pytest.mark.usefixtures("healthy")


def test_the_database_knows_one_open_alert_per_cause(world: World) -> None:
    world.order()
    opened(minutes=6)
    values = Alert.objects.values("rule", "cause_key", "severity", "title", "detail", "link", "runbook", "opened_at").get()
    with pytest.raises(IntegrityError, match="alerts_alert_one_open_per_cause"), transaction.atomic():
        Alert.objects.create(**values)


def test_acknowledging_names_the_first_one(world: World, cast: Any) -> None:
    from audit import context
    from backoffice.access.middleware import actor_of

    world.order()
    opened(minutes=6)
    alert = Alert.objects.get()
    for operator in (cast.maker, cast.checker):
        with context.bind(actor_of(operator)):
            commands.acknowledge(alert.pk)
    alert.refresh_from_db()
    assert alert.acknowledged_by == "maker"
    assert AuditEvent.objects.filter(type="alert.acknowledged").count() == 1


def test_what_has_ended_is_not_acknowledged(world: World) -> None:
    world.order()
    opened(minutes=6)
    alert = Alert.objects.get()
    commands.resolve(alert, "It went away.")
    with pytest.raises(AlertResolved, match="It went away"):
        commands.acknowledge(alert.pk)
    with pytest.raises(AlertUnknown):
        commands.acknowledge(Transfer.objects.get().pk)
    assert AuditEvent.objects.filter(type="alert.acknowledged").count() == 0
    assert commands.resolve(alert, "Again.") is False


def test_queries(world: World) -> None:
    transfer = world.order()
    in_state(world.order(), "SENT_ON_CHAIN", clock.now())
    opened(minutes=11)
    everything = queries.visible_to(["acme"])
    assert [alert.severity for alert in queries.open_now(everything)] == ["critical", "warning"]
    assert list(queries.open_now(queries.visible_to(["globex"]))) == []
    assert queries.of_transfer(transfer.pk).count() == 1
    commands.resolve(queries.of_transfer(transfer.pk).get(), "why")
    assert [alert.resolution for alert in queries.resolved(everything)] == ["why"]


@pytest.mark.parametrize("url", ["file:///tmp/x", "syslog://", "dbus://", "python://x", "json", "slack://nothing", "JSONX://h/"])
def test_a_channel_that_is_not_allowed_or_incomplete_is_found_at_the_start(url: str) -> None:
    with override_settings(ALERT_CHANNELS={"oncall": url}):
        errors = channels.check_settings()
    assert [error.id for error in errors] == ["alerts.E002"]
    assert url not in errors[0].msg
