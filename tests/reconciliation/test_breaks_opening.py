"""Opening a break: once per subject, with a deadline that follows from its severity and an audit event beside it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit import clock, context
from audit.context import Actor, NoActorBound
from audit.models import AuditEvent
from reconciliation.commands.breaks import open_break
from reconciliation.models import Break, Source

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def source() -> Source:
    with context.bind(Actor.system("test")):
        return Source.objects.create(code="nordbank-eur", name="Nordbank EUR", kind=Source.Kind.BANK_STATEMENT)


def open_one(source: Source, **changes: Any) -> Break:
    facts: dict[str, Any] = {
        "type": Break.Type.EXTERNAL_ONLY,
        "severity": Break.Severity.HIGH,
        "source": source,
        "subject_key": "item:1",
        "title": "A credit nobody expected",
        "explanation": "10.00 EUR arrived and belongs to nothing of ours.",
        "currency": "EUR",
        "expected": None,
        "actual": 1000,
    }
    with clock.using(lambda: NOW):
        return open_break(**{**facts, **changes})


@pytest.mark.usefixtures("as_system")
def test_a_break_opens_with_its_audit_event(source: Source) -> None:
    opened = open_one(source)
    assert (opened.status, opened.opened_at, len(opened.reference)) == ("open", NOW, 26)
    event = AuditEvent.objects.get()
    assert (event.type, event.resource_type, event.resource_id) == ("reconciliation.break_opened", "break", str(opened.id))
    assert event.reason == opened.explanation


@pytest.mark.usefixtures("as_system")
def test_looking_twice_opens_one_break_even_after_it_was_resolved(source: Source) -> None:
    first = open_one(source)
    Break.objects.filter(id=first.id).update(status="resolved", resolved_at=NOW, resolution="refunded")
    again = open_one(source, title="Seen again")
    assert (again.id, again.status, again.title) == (first.id, "resolved", first.title)
    assert AuditEvent.objects.count() == 1


@pytest.mark.usefixtures("as_system")
@pytest.mark.parametrize(
    ("severity", "time"),
    [("critical", timedelta(hours=4)), ("high", timedelta(hours=24)), ("medium", timedelta(days=3)), ("low", timedelta(days=7))],
)
def test_the_deadline_follows_from_the_severity(source: Source, severity: str, time: timedelta) -> None:
    assert open_one(source, severity=severity).deadline_at == NOW + time


def test_nobody_opens_a_break_anonymously(source: Source) -> None:
    with pytest.raises(NoActorBound):
        open_one(source)
    assert not Break.objects.exists()
