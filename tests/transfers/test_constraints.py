"""What the database refuses to anybody who types SQL."""

import itertools
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from approvals.commands import create_client
from tests.transfers.world import World
from transfers.machines import CURRENT_VERSION, MACHINES, may
from transfers.models import ExternalReference, MachineRow, Quote, Transfer, TransferEvent
from transfers.states import IN_OUR_BOOKS, TERMINAL, Route, Status

GUARDED = [
    "transfers_transfer",
    "transfers_event",
    "transfers_leg",
    "transfers_providercall",
    "transfers_externalreference",
    "transfers_machinerow",
    "transfers_quote",
    "transfers_chaintransaction",
    "transfers_walletreservation",
    "transfers_idempotencykey",
    "transfers_inboundwebhook",
]


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def at_commit() -> None:
    """Check now what is checked at commit, and put it off again."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


def refused(constraint: str, statement: str, *values: Any) -> None:
    def attack() -> None:
        sql(statement, *values)
        at_commit()

    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        attack()
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.diag.constraint_name == constraint  # type: ignore[attr-defined]


def put_in(transfer: Transfer, route: Route, status: Status) -> None:
    """Place a transfer in a state that no story has led it to: with the guards off, as only a superuser can."""
    at_commit()
    triggers = [f"transfers_transfer_{name}" for name in ("check", "keep", "event")]
    for trigger in triggers:
        sql(f"ALTER TABLE transfers_transfer DISABLE TRIGGER {trigger}")
    receiver = "globex" if route is Route.INTERNAL_TRANSFER else None
    change = "UPDATE transfers_transfer SET status = %s, route = %s, machine_version = %s, receiver_id = %s WHERE id = %s"
    sql(change, status.value, route.value, CURRENT_VERSION[route], receiver, transfer.id)
    at_commit()
    for trigger in triggers:
        sql(f"ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER {trigger}")


def event_for(transfer_id: uuid.UUID, *, seq: int, source: str, target: str) -> None:
    event = dict.fromkeys(("credential_id", "on_behalf_of", "causation_id", "reason", "status_text"), "")
    event |= {"id": str(uuid.uuid4()), "transfer_id": str(transfer_id), "type": "transfer.forged", "actor_type": "system"}
    event |= {"actor_id": "attacker", "correlation_id": "c", "occurred_at": "2026-11-21T00:00:00Z"}
    sql("SELECT transfers_record_event(%s)", Jsonb({**event, "seq": seq, "from_status": source, "to_status": target, "data": {}}))


def test_machine_rows_are_the_machines_of_states(db: None) -> None:
    stored = set(MachineRow.objects.values_list("route", "version", "source", "target", "command"))
    assert stored == {
        (route.value, version, row.source.value, row.target.value, row.command)
        for (route, version), rows in MACHINES.items()
        for row in rows
    }


@pytest.mark.parametrize("route", list(Route))
def test_every_pair_of_states_is_legal_exactly_when_the_machine_has_its_row(world: World, route: Route) -> None:
    transfer = world.order()
    create_client(client_id="globex", name="Globex")
    version = CURRENT_VERSION[route]
    for source, target in itertools.permutations(Status, 2):
        put_in(transfer, route, source)
        move = "UPDATE transfers_transfer SET status = %s, version = version + 1 WHERE id = %s"
        if may(route, version, source, target):
            with transaction.atomic():
                sql(move, target.value, transfer.id)
                event_for(transfer.id, seq=transfer.version + 1, source=source.value, target=target.value)
                at_commit()
                transaction.set_rollback(True)
        else:
            refused("transfers_transfer_moves_along_its_machine", move, target.value, transfer.id)


def test_it_refuses_a_status_without_a_new_version(world: World) -> None:
    transfer = world.order()
    refused(
        "transfers_transfer_status_moves_with_version", "UPDATE transfers_transfer SET status = 'QUOTED' WHERE id = %s", transfer.id
    )


def test_it_refuses_an_open_transfer_that_nobody_will_ever_miss(world: World) -> None:
    transfer = world.order()
    refused("transfers_transfer_open_has_a_deadline", "UPDATE transfers_transfer SET deadline_at = NULL WHERE id = %s", transfer.id)


def test_it_refuses_a_version_without_its_event(world: World) -> None:
    transfer = world.order()
    at_commit()
    statement = "UPDATE transfers_transfer SET status = 'QUOTED', version = version + 1 WHERE id = %s"
    refused("transfers_transfer_move_has_its_event", statement, transfer.id)
    refused(
        "transfers_transfer_move_has_its_event", "UPDATE transfers_transfer SET version = version + 1 WHERE id = %s", transfer.id
    )


def test_it_refuses_a_second_event_of_a_version(world: World) -> None:
    transfer = world.order()
    at_commit()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        event_for(transfer.id, seq=1, source="", target="CREATED")
    assert "transfers_event_once_per_version" in str(refusal.value)


@pytest.mark.parametrize("step", [-1, 2, 7])
def test_it_refuses_a_lost_update(world: World, step: int) -> None:
    transfer = world.order()
    statement = "UPDATE transfers_transfer SET version = version + %s WHERE id = %s"
    refused("transfers_transfer_version_counts_by_one", statement, step, transfer.id)


def test_it_refuses_an_event_that_tells_another_story(world: World) -> None:
    transfer = world.order()
    for seq, target in ((1, "CREATED"), (2, "CREATED"), (1, "QUOTED"), (7, "RECONCILED")):
        with pytest.raises(IntegrityError), transaction.atomic():
            event_for(transfer.id, seq=seq, source="CREATED", target=target)


def test_it_refuses_a_fence_that_goes_back(world: World) -> None:
    transfer = world.order()
    sql("UPDATE transfers_transfer SET fence = 5 WHERE id = %s", transfer.id)
    refused("transfers_transfer_fence_only_grows", "UPDATE transfers_transfer SET fence = 4 WHERE id = %s", transfer.id)


@pytest.mark.parametrize(
    "change",
    [
        "source_amount = source_amount + 1",
        "max_fee = 0",
        "max_total_debit = max_total_debit * 2",
        "not_after = not_after + interval '1 day'",
        "client_id = 'globex'",
        "destination_id = gen_random_uuid()",
        "destination_details = '{}'",
        "reference = 'X'",
        "machine_version = 1",
        "made_by = 'somebody else'",
        'metadata = \'{"a": "b"}\'',
    ],
)
def test_an_order_never_changes(world: World, change: str) -> None:
    transfer = world.order("5000")
    refused("transfers_transfer_order_never_changes", f"UPDATE transfers_transfer SET {change} WHERE id = %s", transfer.id)


def test_a_transfer_starts_as_created(world: World) -> None:
    transfer = world.order()
    columns = [field.column for field in Transfer._meta.local_concrete_fields]
    given = {"id": "gen_random_uuid()", "reference": "'OTHER'", "status": "'CONFIRMED'"}
    chosen = ", ".join(given.get(str(column), f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f"INSERT INTO transfers_transfer ({names}) SELECT {chosen} FROM transfers_transfer WHERE id = %s"
    refused("transfers_transfer_starts_as_created", statement, transfer.id)


def test_facts_are_append_only(world: World) -> None:
    transfer = world.order()
    at_commit()
    ExternalReference.objects.create(transfer=transfer, kind="tx_hash", value="0x1", recorded_at=transfer.created_at)
    for statement in (
        "UPDATE transfers_event SET reason = 'nothing happened'",
        "DELETE FROM transfers_event",
        "UPDATE transfers_machinerow SET target = 'RECONCILED'",
        "DELETE FROM transfers_machinerow",
        "UPDATE transfers_externalreference SET value = '0x2'",
        "DELETE FROM transfers_externalreference",
        "DELETE FROM transfers_transfer",
    ):
        with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
            sql(statement)
    assert TransferEvent.objects.filter(transfer=transfer).count() == 1
    assert not Quote.objects.exists()


@pytest.mark.parametrize("table", GUARDED)
def test_nothing_is_emptied(db: None, table: str) -> None:
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        sql(f"TRUNCATE {table} CASCADE")


def test_every_partition_of_the_events_is_guarded(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relation, guard FROM audit_missing_guards('transfers_event')")
        assert cursor.fetchall() == []
        cursor.execute("SELECT relid::text FROM pg_partition_tree('transfers_event') WHERE isleaf")
        partitions = [name for (name,) in cursor.fetchall()]
    assert len(partitions) > 12
    for partition in partitions:
        with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
            sql(f"TRUNCATE {partition}")


def _like(table: str, row: uuid.UUID, **other: str) -> tuple[str, Jsonb, uuid.UUID]:
    """A statement that inserts the row once more with other values in some columns."""
    copy = f"INSERT INTO {table} SELECT (jsonb_populate_record(known, %s)).* FROM {table} AS known WHERE id = %s"
    return copy, Jsonb({"id": str(uuid.uuid4()), **other}), row


@pytest.mark.parametrize(
    "wrong", [{"source_asset_id": "NONE"}, {"target_asset_id": "NONE"}, {"policy_decision_id": str(uuid.UUID(int=7))}], ids=str
)
def test_a_transfer_names_only_what_is_there(world: World, wrong: dict[str, str]) -> None:
    transfer = world.order()
    refused("transfers_transfer_names_what_is", *_like("transfers_transfer", transfer.pk, reference="ANOTHER", **wrong))
    assert Transfer.objects.count() == 1


def test_a_decision_names_a_set_that_is_there(world: World) -> None:
    decision = world.order().policy_decision
    assert decision is not None
    refused("approvals_decision_by_a_set", *_like("approvals_policydecision", decision.pk, set_id="99"))


def test_what_a_transfer_names_is_never_deleted(world: World) -> None:
    transfer = world.order()
    at_commit()
    for table, key, value in (
        ("ledger_asset", "id", transfer.source_asset_id),
        ("approvals_policydecision", "id", transfer.policy_decision_id),
        ("approvals_policyset", "version", 1),
    ):
        with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
            sql(f"DELETE FROM {table} WHERE {key} = %s", value)


@pytest.mark.django_db
def test_the_trigger_knows_the_routes_and_the_last_states_that_the_code_knows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE oid = 'transfers_check_terms'::regproc")
        (source,) = cursor.fetchone()
    assert {status for status in Status if f"'{status.value}'" in source} == set(TERMINAL)
    ordered = {Route.ON_CHAIN_WITHDRAWAL, Route.OFF_RAMP, *IN_OUR_BOOKS}
    assert {route for route in Route if f"'{route.value}'" in source} == ordered
