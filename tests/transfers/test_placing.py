"""Accepting an order in one statement: what it sees, what it refuses, and that a refusal leaves nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from approvals.commands import (
    add_destination,
    block_destination,
    place_halt,
    publish_policy_set,
    set_client_status,
    set_limit,
)
from approvals.errors import PolicyTampered
from approvals.models import Corridor, LimitUse, PolicyDecision
from approvals.queries.order_facts import forget_facts
from audit.models import AuditEvent
from ledger.models import Hold
from tests.transfers.world import ACCOUNT, UNIT, USDC, Books, World
from transfers.commands.create import create_at_once
from transfers.commands.placing import Answered, Claim
from transfers.models import IdempotencyKey, Transfer

ALLOW = {"code": "allow", "title": "All", "criteria": {}, "outcome": "allow", "quorum": 0, "role": ""}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    forget_facts()


def claim(key: str = "order-1") -> Claim:
    return Claim(
        client_id="acme", key=key, endpoint="test", request_hash=bytes(32), written=lambda made: {"transaction_id": str(made.id)}
    )


def at_once(world: World, amount: str = "100.00", key: str = "order-1", **changes: Any) -> Answered | None:
    return create_at_once(world.wanted(amount, **changes), claim(key))


def test_everything_is_written_together(world: World) -> None:
    made = at_once(world)
    assert made is not None
    kept = Transfer.objects.get()
    assert {field.attname: getattr(kept, field.attname) for field in Transfer._meta.concrete_fields} == {
        field.attname: getattr(made.transfer, field.attname) for field in Transfer._meta.concrete_fields
    }
    key = IdempotencyKey.objects.get()
    assert (key.transfer_id, key.response_status, key.response_body) == (kept.pk, 201, {"transaction_id": str(kept.pk)})
    assert Hold.objects.get(reference=kept.hold_reference).amount == kept.max_total_debit
    assert LimitUse.objects.get().subject_id == str(kept.pk)
    told = AuditEvent.objects.filter(correlation_id=kept.correlation_id).order_by("recorded_at", "id")
    assert list(told.values_list("type", flat=True))[-4:] == [
        "approvals.policy_decided",
        "approvals.limits_consumed",
        "transfer.created",
        "ledger.hold_placed",
    ]


def test_it_reads_like_one_that_went_the_long_way(world: World) -> None:
    made, long = at_once(world), world.order("100.00")
    assert made is not None
    own = {"id", "correlation_id", "reference", "hold_reference", "policy_decision_id", "not_after", "deadline_at", "due_at"}
    times = {"created_at", "updated_at", "state_entered_at"}
    rows = Transfer.objects.filter(pk__in=[made.transfer.pk, long.pk]).values()
    first, second = ({name: value for name, value in row.items() if name not in own | times} for row in rows)
    assert first == second


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "5000.00"},
        {"amount": "1000000.01"},
        {"amount": "0"},
        {"target_currency": "MXN"},
        {"destination": {"type": "crypto_address", "network": "ethereum", "address": "0x" + "cd" * 20}},
    ],
)
def test_what_takes_more_than_one_statement_is_left_to_the_long_way(world: World, changes: dict[str, Any]) -> None:
    before, audited = Books.now(), AuditEvent.objects.count()
    assert at_once(world, **changes) is None
    assert Books.now() == before
    assert (AuditEvent.objects.count(), PolicyDecision.objects.count(), IdempotencyKey.objects.count()) == (audited, 0, 0)


def _halted(world: World) -> None:
    place_halt(scope="account", target=ACCOUNT, reason="drill")


def _limited(world: World) -> None:
    set_limit(asset_id=USDC, window="day", amount=99 * UNIT, client_id="acme")


def _single(world: World) -> None:
    set_limit(asset_id=USDC, window="transaction", amount=99 * UNIT)


def _poor(world: World) -> None:
    world.order("900000.00")


def _known(world: World) -> None:
    at_once(world, "1.00")


@pytest.mark.parametrize("arrange", [_halted, _limited, _single, _poor, _known])
def test_what_the_statement_refuses_leaves_nothing(world: World, arrange: Any) -> None:
    arrange(world)
    amount = "100000.00" if arrange is _poor else "100.00"
    publish_policy_set(version=99, rules=[ALLOW])
    before = Books.now(), AuditEvent.objects.count(), PolicyDecision.objects.count(), LimitUse.objects.count()
    keys = IdempotencyKey.objects.count()
    assert at_once(world, amount) is None
    assert (Books.now(), AuditEvent.objects.count(), PolicyDecision.objects.count(), LimitUse.objects.count()) == before
    assert IdempotencyKey.objects.count() == keys


def test_a_corridor_changed_by_sql_is_seen_by_the_next_order(world: World) -> None:
    at_once(world)
    Corridor.objects.filter(pk="US-ETH").update(fee_minimum=3 * UNIT)
    made = at_once(world, key="order-2")
    assert made is not None
    assert made.transfer.max_fee == 3 * UNIT


def test_the_next_policy_decides_the_next_order(world: World) -> None:
    assert at_once(world) is not None
    strict = ALLOW | {"outcome": "require_approval", "quorum": 2, "role": "approver"}
    publish_policy_set(version=99, rules=[strict])
    assert at_once(world, key="order-2") is None
    assert world.order("100.00").approval_request is not None


def test_a_rule_changed_behind_the_guards_stops_orders_of_a_process_that_knew_it(world: World) -> None:
    at_once(world)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE approvals_policyrule DISABLE TRIGGER USER")
        cursor.execute("UPDATE approvals_policyrule SET title = title || '.'")
    before = Books.now()
    with pytest.raises(PolicyTampered):
        at_once(world, key="order-2")
    assert Books.now() == before


def test_what_is_remembered_counts_only_while_it_is_so(world: World, django_assert_num_queries: Any) -> None:
    at_once(world)
    with django_assert_num_queries(3):  # with the savepoint that a test needs
        assert at_once(world, key="order-2") is not None
    block_destination(destination_id=world.destination.id, reason="reported")
    before = Books.now()
    assert at_once(world, key="order-3") is None
    assert Books.now() == before


def test_a_client_suspended_since_is_refused(world: World) -> None:
    at_once(world)
    set_client_status(client_id="acme", status="suspended", reason="asked by compliance")
    assert at_once(world, key="order-2") is None


def test_a_memory_stricter_than_the_policy_is_no_answer(world: World) -> None:
    strict = ALLOW | {"outcome": "require_approval", "quorum": 2, "role": "approver"}
    publish_policy_set(version=98, rules=[strict])
    assert at_once(world) is None
    publish_policy_set(version=99, rules=[ALLOW])
    assert world.order("100.00").approval_request is None
    assert at_once(world, key="order-2") is not None


def test_a_new_destination_is_found_at_once(world: World) -> None:
    new = {"type": "crypto_address", "network": "ethereum", "address": "0x" + "ef" * 20}
    assert at_once(world, destination=new) is None
    add_destination(client_id="acme", kind="crypto_address", details=new, label="New", cooling_off=timedelta(0))
    assert at_once(world, destination=new) is not None
