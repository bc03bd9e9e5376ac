"""Each invariant that a campaign asks for finds what breaks it: planted by somebody who takes the guards off and puts them back."""

from collections.abc import Iterator

import pytest
from django.db import connection

from approvals.commands import place_halt, set_limit
from audit import context
from audit.context import Actor
from backoffice.campaign import invariants
from tests.ledger.lies import lie
from tests.transfers.tame import tame_outside
from tests.transfers.world import USDC, World, acting, build, drive_until

# What to run, and the tables about which it lies; constraints that stand in the way are dropped first.
PLANTED: dict[str, tuple[str, ...]] = {
    "I1 at most one": (
        "ALTER TABLE transfers_chaintransaction DROP CONSTRAINT transfers_chain_transaction_once_per_attempt",
        "INSERT INTO transfers_chaintransaction SELECT (jsonb_populate_record(sent, jsonb_build_object('hash', '0xother'))).*"
        " FROM transfers_chaintransaction AS sent",
    ),
    "I2 every signature": ("UPDATE approvals_vote SET digest = '\\x00'",),
    "I3 no approver": ("UPDATE approvals_requestmaker SET person_id = (SELECT person_id FROM approvals_vote LIMIT 1)",),
    "I5 what is held": ("UPDATE ledger_hold SET status = 'placed', settled_amount = NULL, ended_at = NULL",),
    "I6 states move": ("UPDATE transfers_event SET from_status = 'CANCELLED' WHERE to_status = 'SENT_ON_CHAIN'",),
    "I5 held and taken": ("UPDATE transfers_transfer SET source_amount = source_amount + 1",),
    "I6 no bank is ordered while": ("UPDATE transfers_providercall SET operation = 'pay' WHERE operation = 'sign'",),
    "I6 no bank is ordered to pay": (
        "UPDATE transfers_leg SET rail = 'bank', request_state = 'forwarded'",
        "UPDATE transfers_transfer SET status = 'REORGED'",
    ),
    "I8 nothing is signed": ("UPDATE approvals_halt SET placed_at = now() - interval '1 day'",),
    "I8 nothing is ordered": ("UPDATE approvals_halt SET placed_at = now() - interval '1 day'",),
    "I9 what was signed": ("UPDATE approvals_approvalrequest SET policy_decision_id = NULL",),
    "I10 one transfer": (
        "INSERT INTO transfers_idempotencykey (id, client_id, key, endpoint, request_hash, response_status, created_at)"
        " VALUES (gen_random_uuid(), 'acme', 'k', '/v1/transfers', '\\x00', 201, now())",
    ),
    "I11 every intent": ("UPDATE transfers_providercall SET outcome = 'intent'",),
    "I11 every event is": ("DELETE FROM transfers_outboxevent WHERE to_status = 'CONFIRMED'",),
    "I11 every effect": (
        "INSERT INTO ledger_ledgertransaction SELECT (jsonb_populate_record(posting, jsonb_build_object("
        "'id', gen_random_uuid(), 'reference', 'again'))).* FROM ledger_ledgertransaction AS posting WHERE kind = 'withdrawal'",
    ),
    "I13 what is under": ("UPDATE transfers_transfer SET status = 'SENT_ON_CHAIN', due_at = NULL",),
    "I13 what others do": ("UPDATE transfers_outboxevent SET dispatched_at = NULL, recorded_at = recorded_at - interval '1 hour'",),
    "I14 no limit": ("UPDATE approvals_limitbucket SET used = used + 1",),
    "I16 approvals are": (
        "ALTER TABLE approvals_approvalrequest DROP CONSTRAINT approvals_request_executed_only_when_approved",
        "UPDATE approvals_approvalrequest SET status = 'rejected'",
    ),
    "I17 votes of": (
        "UPDATE approvals_person SET active = false",
        "UPDATE approvals_approvalrequest SET executed_at = NULL",
    ),
}


TABLES = (
    "transfers_chaintransaction",
    "transfers_event",
    "transfers_leg",
    "transfers_transfer",
    "transfers_providercall",
    "transfers_outboxevent",
    "transfers_idempotencykey",
    "ledger_hold",
    "ledger_ledgertransaction",
    "approvals_vote",
    "approvals_requestmaker",
    "approvals_halt",
    "approvals_approvalrequest",
    "approvals_limitbucket",
    "approvals_person",
)


@pytest.fixture
def paid(db: None) -> Iterator[World]:
    """A withdrawal that two people approved, signed, mined and booked; and a halt after it."""
    with context.bind(Actor.system("test")), tame_outside():
        world = build()
        set_limit(client_id="acme", asset_id=USDC, window="day", amount=10**12)
        transfer = world.order("150000.00")
        world.approve(transfer)
        drive_until(transfer, "CONFIRMED")
        with acting(world.checker):
            place_halt(scope="system", target="", reason="afterwards")
        yield world


def _query(name: str) -> str:
    (sql,) = (sql for number, words, sql in invariants.invariants() if f"{number} {words}".startswith(name))
    return sql


def _found(name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_query(name))
        return [finding for (finding,) in cursor.fetchall()]


@pytest.mark.parametrize("name", PLANTED)
def test_it_finds_what_was_planted(name: str, paid: World) -> None:
    assert _found(name) == []
    constraints = [statement for statement in PLANTED[name] if statement.startswith("ALTER")]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in constraints:
            cursor.execute(statement)
    lie(*(statement for statement in PLANTED[name] if statement not in constraints), about=TABLES)
    assert _found(name) != []


def test_every_invariant_is_planted_against() -> None:
    """But the one about messages to clients, which the house of this test sends none."""
    names = [f"{number} {words}" for number, words, _ in invariants.invariants()]
    alone = [name for name in names if not any(name.startswith(planted) for planted in PLANTED)]
    assert alone == ["I11 a message that was taken is noted, and one that is noted as taken was"]
