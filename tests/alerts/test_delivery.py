"""Messages about alerts, to a server that really listens."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test import override_settings

from audit import clock
from backoffice.alerts import checks, commands, outbox, queries
from backoffice.alerts.models import Alert, Delivery
from backoffice.alerts.rules.base import Finding, Severity
from tests.alerts.conftest import Sink

Role = Callable[[str], AbstractContextManager[None]]


def an_alert(cause: str = "x") -> Alert:
    finding = Finding(
        cause_key=cause,
        severity=Severity.CRITICAL,
        title="ABC is SENT_ON_CHAIN for over 10 minutes",
        detail="It waits for confirmations.",
        link="/transfers/1/",
        runbook="transfer-stuck-sent-on-chain",
    )
    assert commands.open_alert("test", finding)
    return Alert.objects.get(cause_key=cause)


@pytest.fixture(autouse=True)
def acting(db: None, bound: None) -> None:
    """Somebody is always bound."""


def due() -> None:
    """The pause is over."""
    Delivery.objects.update(next_try_at=F("next_try_at") - timedelta(hours=2))


def test_opening_and_resolving_are_each_told_once(sink: Sink) -> None:
    with override_settings(ALERT_CHANNELS={"oncall": sink.url}, BASE_URL="https://desk.example"):
        alert = an_alert()
        assert outbox.drain() == outbox.Sent(delivered=1)
        commands.resolve(alert, "The transfer moved on to CONFIRMED.")
        assert outbox.drain() == outbox.Sent(delivered=1)
        due()
        assert outbox.drain() == outbox.Sent()
    assert sink.titles == [
        "Critical: ABC is SENT_ON_CHAIN for over 10 minutes",
        "Resolved: ABC is SENT_ON_CHAIN for over 10 minutes",
    ]
    assert sink.received[0]["message"].splitlines() == [
        "It waits for confirmations.",
        "https://desk.example/transfers/1/",
        "Runbook: https://desk.example/runbooks/transfer-stuck-sent-on-chain/",
    ]
    assert sink.received[0]["type"] == "failure"
    assert sink.received[1]["message"].splitlines()[0] == "The transfer moved on to CONFIRMED."
    assert sink.received[1]["type"] == "success"


def test_a_channel_that_fails_is_tried_again_later_and_the_secret_stays_out(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sink.status = 503
    with override_settings(ALERT_CHANNELS={"oncall": sink.url}):
        an_alert()
        assert outbox.drain() == outbox.Sent(failed=1)
        delivery = Delivery.objects.get()
        assert (delivery.attempts, delivery.delivered_at, delivery.last_error) == (1, None, "the channel did not take it")
        assert outbox.drain() == outbox.Sent()
        sink.status = 200
        due()
        assert outbox.drain() == outbox.Sent(delivered=1)
    delivery.refresh_from_db()
    assert delivery.delivered_at is not None
    assert (delivery.attempts, delivery.last_error) == (2, "")
    assert len(sink.received) == 1
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("backoffice")]
    assert ours
    assert not any("secret-path" in line for line in ours)


def test_the_pause_doubles_to_an_hour(sink: Sink) -> None:
    sink.status = 503
    pauses = []
    with override_settings(ALERT_CHANNELS={"oncall": sink.url}):
        an_alert()
        for _ in range(10):
            due()
            outbox.drain()
            with connection.cursor() as cursor:
                cursor.execute("SELECT round(extract(epoch FROM next_try_at - clock_timestamp())) FROM alerts_delivery")
                pauses.append(int(cursor.fetchone()[0]))
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert [row.attempts for row in queries.undelivered()] == [10]


def test_each_channel_gets_its_own_message_and_fails_alone(sink: Sink) -> None:
    with override_settings(ALERT_CHANNELS={"oncall": sink.url, "wrong": "file:///tmp/x", "dead": "json://127.0.0.1:9/"}):
        an_alert()
        assert outbox.drain() == outbox.Sent(delivered=1, failed=2)
    errors = dict(Delivery.objects.values_list("channel", "last_error"))
    assert errors == {
        "dead": "the channel did not take it",
        "oncall": "",
        "wrong": "the channel wrong uses a scheme that is not allowed",
    }


def test_a_message_to_a_channel_that_was_removed_waits(sink: Sink) -> None:
    with override_settings(ALERT_CHANNELS={"oncall": sink.url}):
        an_alert()
    with override_settings(ALERT_CHANNELS={}):
        assert outbox.drain() == outbox.Sent()
    assert Delivery.objects.get().attempts == 0


def test_without_channels_alerts_are_listed_all_the_same() -> None:
    with override_settings(ALERT_CHANNELS={}):
        an_alert()
    assert Alert.objects.filter(resolved_at=None, opened_at__lte=clock.now()).count() == 1
    assert Delivery.objects.count() == 0


@pytest.mark.usefixtures("healthy")
def test_worker_looks_and_sends_and_web_acknowledges(sink: Sink, database_role: Role) -> None:
    """With the privileges of production, and no more."""
    with override_settings(ALERT_CHANNELS={"oncall": sink.url}):
        with database_role("countersign_worker"):
            alert = an_alert()
            checks.look()
            assert outbox.drain() == outbox.Sent(delivered=1)
        with database_role("countersign_web"):
            commands.acknowledge(alert.pk)
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                commands.resolve(alert, "because I say so")
        with database_role("countersign_worker"):
            assert commands.resolve(alert, "It went away.")
            assert outbox.drain() == outbox.Sent(delivered=1)
            for statement in ("DELETE FROM alerts_alert", "UPDATE alerts_alert SET title = 'x'", "DELETE FROM alerts_delivery"):
                refused = pytest.raises(DatabaseError, match="permission denied")
                with refused, transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement)
    assert len(sink.received) == 2
