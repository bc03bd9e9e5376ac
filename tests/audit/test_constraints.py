"""Attacks on the trail by somebody who types SQL as the owner of the database."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from audit import definitions, partitions, vocabulary
from audit.commands import record
from audit.context import Actor, bind
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_event() -> None:
    vocabulary.register("audit.tested")
    with bind(Actor.system("pytest")):
        record(type="audit.tested", resource_type="thing", resource_id="1")


def _relations() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('audit_event') ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def _missing_guards() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relation, guard FROM audit_missing_guards('audit_event')")
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_event SET reason = 'never happened'",
        "DELETE FROM audit_event",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_cluster_epoch SET epoch = 9",
        "DELETE FROM audit_cluster_epoch",
        "TRUNCATE audit_cluster_epoch",
    ],
)
def test_history_cannot_be_rewritten(attack: str) -> None:
    before = list(AuditEvent.objects.values_list())
    with (
        pytest.raises(OperationalError, match="keeps its history"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
    assert list(AuditEvent.objects.values_list()) == before


def test_every_partition_refuses_too() -> None:
    relations = _relations()
    assert len(relations) == 1 + 1 + 13  # the parent, the default, this month and twelve more
    for relation in relations:
        with pytest.raises(OperationalError, match="TRUNCATE is refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {relation}")
    for verb in ("UPDATE {} SET reason = ''", "DELETE FROM {}"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM audit_event")
            holder = cursor.fetchone()[0]
        with pytest.raises(OperationalError, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb.format(holder))
    assert _missing_guards() == []


@pytest.mark.parametrize("recorded_at", ["clock_timestamp() - interval '1 day'", "clock_timestamp() + interval '1 minute'"])
def test_an_event_cannot_be_dated_by_hand(recorded_at: str) -> None:
    with pytest.raises(DatabaseError, match="recorded now"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_event {_copy_of_a_row(recorded_at)}")
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("outcome", "'probably'", "audit_event_outcome_is_known"),
        ("actor_type", "'ghost'", "audit_event_actor_type_is_known"),
        ("actor_id", "''", "audit_event_is_never_anonymous"),
        ("correlation_id", "''", "audit_event_is_never_anonymous"),
        ("type", "''", "audit_event_says_what_and_on_what"),
        ("resource_type", "''", "audit_event_says_what_and_on_what"),
        ("resource_id", "''", "audit_event_says_what_and_on_what"),
        ("outcome", "'refused'", "audit_event_refusal_has_a_reason"),
    ],
)
def test_an_event_that_says_too_little_is_refused_by_the_name_of_its_check(column: str, value: str, check: str) -> None:
    row = _copy_of_a_row("clock_timestamp()").replace(f" {column},", f" {value},")
    with pytest.raises(IntegrityError, match=check), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_event {row}")
    assert AuditEvent.objects.count() == 1


def test_an_inserted_event_cannot_claim_another_transaction_or_user() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_event {_copy_of_a_row('clock_timestamp()')}")
        cursor.execute(
            "SELECT count(*) FROM audit_event WHERE txid = pg_current_xact_id()::text::bigint AND db_user = session_user "
            "AND cluster_epoch = audit_current_epoch()"
        )
        assert cursor.fetchone() == (2,)


def _copy_of_a_row(recorded_at: str) -> str:
    return (
        f"SELECT gen_random_uuid(), {recorded_at}, 1, 77, 'somebody_else', schema_version, type, outcome, actor_type, actor_id, "
        "person_id, credential_id, on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, "
        "transaction_id, occurred_at, reason, diff, metadata, status_text FROM audit_event"
    )


def test_a_lost_or_disabled_guard_is_found_and_put_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event_default DISABLE TRIGGER refuse_truncate")
        assert _missing_guards() == [("audit_event_default", "refuse_truncate")]
        cursor.execute("DROP TRIGGER refuse_change ON audit_event")
        assert len(_missing_guards()) == 1 + 15
    assert partitions.prepare()["audit_ensure_event_partitions"] == 0
    assert _missing_guards() == []


def test_a_month_that_nobody_prepared_falls_into_a_guarded_partition_and_gets_its_own_later() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('audit_event') WHERE isleaf ORDER BY 1 DESC LIMIT 1")
        last = cursor.fetchone()[0]
        cursor.execute(f"DROP TABLE {last}")
    assert partitions.prepare()["audit_ensure_event_partitions"] == 1
    assert last in _relations()
    assert _missing_guards() == []


def test_a_database_that_wakes_up_in_another_cluster_begins_a_new_epoch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_cluster_epoch (epoch, system_identifier, first_txid, reason) "
            "SELECT max(epoch) + 1, 1, 1, 'as restored from elsewhere' FROM audit_cluster_epoch"
        )
    assert partitions.begin_epoch_if_moved() == 3
    assert partitions.begin_epoch_if_moved() == 3


def test_a_new_epoch_is_no_change_of_the_definitions_and_a_false_one_is() -> None:
    released = definitions.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_cluster_epoch (epoch, system_identifier, first_txid, reason) VALUES (7, 1, 1, 'restored')"
        )
        cursor.execute("SELECT audit_current_epoch()")
        assert cursor.fetchone() == (7,)
        assert list(definitions.differences(released)) == []
        cursor.execute(
            "CREATE OR REPLACE FUNCTION audit_current_epoch() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 6'"
        )
        assert list(definitions.differences(released)) == [("function audit_current_epoch()", "was changed")]


def test_upkeep_of_what_is_whole_keeps_no_writer_waiting() -> None:
    """It is asked every minute, beside everybody who writes."""
    partitions.prepare()
    with transaction.atomic(), connection.cursor() as cursor:
        partitions.prepare()
        cursor.execute(
            "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
            " AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')"
        )
        assert cursor.fetchall() == []
