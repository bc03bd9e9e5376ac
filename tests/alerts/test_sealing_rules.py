"""What about the seal wakes somebody, and what ends it. Times are the database's, so rows are made old by their owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from audit import vocabulary
from audit.anchors import delivery
from audit.commands import record
from backoffice.alerts import checks, thresholds
from backoffice.alerts.models import Alert
from backoffice.console.runbooks import RUNBOOKS
from tests.audit.log import House
from tests.audit.test_delivery import Shelf

pytestmark = pytest.mark.usefixtures("healthy", "bound")


def _aged(table: str, column: str, seconds: int) -> None:
    """As if every row of the table had been written that much earlier."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {column} = {column} - %s * interval '1 second'", [seconds])
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _looked() -> list[tuple[str, str, str]]:
    """Rule, cause and severity of what is open after a look; each has its runbook."""
    checks.look()
    found = Alert.objects.filter(resolved_at=None).exclude(rule__startswith="time in state").order_by("rule", "cause_key")
    assert {alert.runbook for alert in found} <= set(RUNBOOKS)
    return [(alert.rule, alert.cause_key, alert.severity) for alert in found]


@pytest.fixture
def event() -> Callable[[], None]:
    vocabulary.register("audit.tested")

    def happen() -> None:
        with transaction.atomic():
            record(type="audit.tested", resource_type="thing", resource_id="1")

    return happen


@pytest.fixture
def house(tmp_path: Any) -> House:
    return House(tmp_path / "state")


def _signed_now(house: House) -> House:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        house.now = cursor.fetchone()[0]
    house.round()
    return house


def test_nothing_is_wrong_before_anything_was_sealed(event: Callable[[], None]) -> None:
    event()
    assert _looked() == []


def test_an_event_that_waits_behind_an_open_transaction_is_a_warning(event: Callable[[], None]) -> None:
    """The test's own transaction is the one that stays open."""
    event()
    _aged("audit_event", "recorded_at", 61)
    assert _looked() == [("sealing", "held back", "warning")]
    assert "stays open" in Alert.objects.get().detail


def test_a_sealer_that_is_behind_wakes_somebody_until_it_has_caught_up(
    event: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event()
    _aged("audit_event", "recorded_at", 61)
    with connection.cursor() as cursor:
        # As if its transaction had ended long ago.
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET txid = 1")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    assert _looked() == [("sealing", "behind", "critical")]
    monkeypatch.setattr(thresholds, "SEAL_BEHIND", timedelta(days=1))
    assert _looked() == []
    assert Alert.objects.get().resolution == "The trail is sealed again up to now."


def test_a_log_that_stops_signing_wakes_somebody_though_nothing_happened(house: House) -> None:
    _signed_now(house)
    assert _looked() == []
    _aged("audit_checkpoint", "signed_at", 100)
    assert _looked() == []
    _aged("audit_checkpoint", "signed_at", 21)
    assert _looked() == [("sealing", "silent", "critical")]


def test_a_refusal_is_told_with_its_reason_and_nothing_else(house: House, event: Callable[[], None]) -> None:
    _signed_now(house)
    event()
    _aged("audit_event", "recorded_at", 3_600)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_seal_refusal (reason) VALUES ('It was cut.')")
    assert _looked() == [("sealing", "refused", "critical")]
    assert "It was cut." in Alert.objects.get().detail


def test_an_anchor_that_gets_nothing_wakes_somebody_until_it_does(house: House) -> None:
    shelf, slow = Shelf("shelf", problem="it is full"), Shelf("slow", kind="mail", every_s=3_600, problem="it is full")
    delivery.register([shelf, slow])
    _aged("audit_anchor", "active_since", 10_000)
    _signed_now(house)
    delivery.deliver(shelf)
    assert _looked() == []
    _aged("audit_checkpoint", "recorded_at", 301)
    assert _looked() == [("anchoring", "shelf", "critical")]
    assert "1 attempts failed in a row. The last: it is full." in Alert.objects.get().detail
    _aged("audit_checkpoint", "recorded_at", 3_600)
    assert _looked() == [("anchoring", "shelf", "critical"), ("anchoring", "slow", "critical")]
    shelf.problem = ""
    _aged("audit_anchor", "next_try_at", 3_600)
    delivery.deliver(shelf)
    delivery.register([shelf])
    assert _looked() == []
    ended = sorted(Alert.objects.values_list("resolution", flat=True))
    assert ended == ["It is configured no more.", "It takes checkpoints again."]


def test_an_anchor_that_refuses_wakes_somebody_at_once(house: House) -> None:
    shelf = Shelf("shelf", problem="it answered 422: it was rewritten", refuses=True)
    delivery.register([shelf])
    _signed_now(house)
    delivery.deliver(shelf)
    assert _looked() == [("anchoring", "shelf refuses", "critical")]
    alert = Alert.objects.get()
    assert ("rewritten" in alert.detail, alert.runbook) == (True, "audit-seal-refused")
    shelf.problem = ""
    _aged("audit_anchor", "next_try_at", 3_600)
    delivery.deliver(shelf)
    assert _looked() == []
    assert Alert.objects.get().resolution == "It takes checkpoints again."
