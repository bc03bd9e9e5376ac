"""audit.commands: an event is written with its change, by the database, and never anonymously."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from audit import vocabulary
from audit.commands import record, record_access, record_refusal
from audit.context import Actor, ActorType, NoActorBound, bind, caused_by
from audit.errors import NoTransactionOpen, ReadOnlyRow
from audit.models import AuditEvent
from audit.vocabulary import UnknownEventType

PERSON = uuid4()
MAKER = Actor(ActorType.OPERATOR, "maker", person_id=PERSON, credential_id="passkey-1", on_behalf_of="acme")


@pytest.fixture(autouse=True)
def _words() -> None:
    vocabulary.register("audit.tested")


@pytest.fixture
def bound() -> Iterator[None]:
    with bind(MAKER, correlation_id="conversation-1", request_id="request-1"):
        yield


def _record(**changes: object) -> UUID:
    return record(**{"type": "audit.tested", "resource_type": "thing", "resource_id": "1"} | changes)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_it_takes_actor_and_conversation_from_the_context(bound: None) -> None:
    with caused_by("event-0"):
        event_id = _record(reason="why", diff={"name": ["a", "b"]}, metadata={"n": "1"}, status_text="Done")
    event = AuditEvent.objects.get(id=event_id)
    assert (event.actor_type, event.actor_id, event.person_id) == ("operator", "maker", PERSON)
    assert (event.credential_id, event.on_behalf_of) == ("passkey-1", "acme")
    assert (event.correlation_id, event.causation_id, event.request_id) == ("conversation-1", "event-0", "request-1")
    assert (event.outcome, event.reason, event.diff, event.metadata) == ("succeeded", "why", {"name": ["a", "b"]}, {"n": "1"})
    assert (event.schema_version, event.status_text) == (1, "Done")


@pytest.mark.django_db
def test_it_takes_id_time_transaction_and_user_from_the_database(bound: None) -> None:
    event = AuditEvent.objects.get(id=_record())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint, audit_current_epoch(), session_user, "
            "transaction_timestamp(), clock_timestamp()"
        )
        txid, epoch, user, began, now = cursor.fetchone()
    assert (event.txid, event.cluster_epoch, event.db_user) == (txid, epoch, user)
    assert began <= event.recorded_at <= now
    assert event.id.version == 7


@pytest.mark.django_db
def test_ids_are_uuid7_and_sort_by_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_new_id(), extract(epoch FROM clock_timestamp()) * 1000 FROM generate_series(1, 200)")
        rows = cursor.fetchall()
    assert {row[0].version for row in rows} == {7}
    assert {row[0].variant for row in rows} == {"specified in RFC 4122"}
    assert len({row[0] for row in rows}) == 200
    assert all(abs((row[0].int >> 80) - row[1]) < 50 for row in rows)


@pytest.mark.django_db
def test_it_refuses_a_type_that_nobody_registered(bound: None) -> None:
    with pytest.raises(UnknownEventType, match="tset"):
        _record(type="audit.tset")
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_it_refuses_to_record_for_nobody() -> None:
    with pytest.raises(NoActorBound):
        _record()
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_the_database_refuses_an_anonymous_event() -> None:
    with bind(Actor(ActorType.SYSTEM, "")), pytest.raises(IntegrityError, match="audit_event_is_never_anonymous"):
        _record()


@pytest.mark.django_db
def test_it_goes_when_its_transaction_goes(bound: None) -> None:
    with transaction.atomic():
        _record()
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == 0


def test_it_refuses_to_record_outside_a_transaction(bound: None) -> None:
    with pytest.raises(NoTransactionOpen):
        _record()


@pytest.mark.django_db
def test_a_refusal_is_recorded_with_its_reason(bound: None) -> None:
    event_id = record_refusal(type="audit.tested", resource_type="thing", resource_id="1", reason="not allowed")
    event = AuditEvent.objects.get(id=event_id)
    assert (event.outcome, event.reason) == ("refused", "not allowed")


@pytest.mark.django_db
def test_a_refusal_inside_the_refused_transaction_is_an_error(bound: None) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        record_refusal(type="audit.tested", resource_type="thing", resource_id="1", reason="not allowed")


@pytest.mark.django_db
def test_reading_what_is_sensitive_is_recorded(bound: None) -> None:
    event_id = record_access(type="audit.trail_read", resource_type="audit_trail", resource_id="events", metadata={"shown": 3})
    event = AuditEvent.objects.get(id=event_id)
    assert (event.outcome, event.actor_id, event.metadata) == ("succeeded", "maker", {"shown": 3})


@pytest.mark.django_db
def test_reading_inside_a_transaction_that_could_take_the_evidence_along_is_an_error(bound: None) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        record_access(type="audit.trail_read", resource_type="audit_trail", resource_id="events")


@pytest.mark.django_db
def test_the_orm_only_reads(bound: None) -> None:
    event = AuditEvent.objects.get(id=_record())
    for attempt in (event.save, event.delete, AuditEvent.objects.all().delete, lambda: AuditEvent.objects.update(reason="")):
        with pytest.raises(ReadOnlyRow):
            attempt()


def test_the_vocabulary_refuses_words_of_another_shape() -> None:
    with pytest.raises(ValueError, match="floor"):
        vocabulary.register("Something Happened")
