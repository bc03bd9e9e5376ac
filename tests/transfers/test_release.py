"""Votes on a transfer, and what the executor proves again before it commits anything."""

import json
from typing import Any

import pytest
from django.db import connection

from approvals import canonical
from approvals.commands import deactivate_person, place_halt
from approvals.errors import AlreadyVoted, Halted, MakerMayNotDecide, RoleMissing, StalePayload
from approvals.models import LimitUse
from audit import clock
from audit.models import AuditEvent
from tests.transfers.test_constraints import at_commit
from tests.transfers.world import FUNDS, UNIT, Books, World, available, history, request_of
from transfers import driver, postings
from transfers.commands import payload
from transfers.commands.authority import prove
from transfers.commands.release import describe
from transfers.commands.votes import Unproven
from transfers.errors import Conflict
from transfers.models import Transfer


def content_of(transfer: Transfer) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bytes(request_of(transfer).payload))
    return content


def test_the_last_of_two_approvals_makes_it_due(world: World) -> None:
    transfer = world.order("5000.00")
    assert world.vote(transfer, world.checker).status == "pending"
    transfer.refresh_from_db()
    assert transfer.due_at == transfer.not_after
    outcome = world.vote(transfer, world.second_checker)
    assert (outcome.status, outcome.collected, outcome.quorum) == ("approved", 2, 2)
    transfer.refresh_from_db()
    assert transfer.due_at is not None
    assert transfer.due_at <= clock.now()
    assert [kind for kind, *_ in history(transfer.id)] == ["created", "approved"]


def test_a_rejection_cancels_and_gives_everything_back(world: World) -> None:
    transfer = world.order("5000.00")
    world.vote(transfer, world.checker, "reject")
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, transfer.money_state) == ("CANCELLED", "approval_rejected", "none")
    assert transfer.due_at is None
    assert available() == FUNDS
    assert not LimitUse.objects.filter(given_back_at=None).exists()
    cancelled = AuditEvent.objects.get(type="transfer.cancelled", transaction_id=transfer.id)
    assert cancelled.reason == "not as agreed"


@pytest.mark.parametrize(
    ("who", "changes", "error"),
    [
        ("maker", {}, MakerMayNotDecide),
        ("checker", {"roles": {}}, RoleMissing),
        ("checker", {"digest": b"\0" * 32}, StalePayload),
        ("checker", {"revision": 2}, StalePayload),
    ],
)
def test_a_vote_that_may_not_be_cast_changes_nothing(
    world: World, who: str, changes: dict[str, Any], error: type[Exception]
) -> None:
    transfer = world.order("5000.00")
    before = Books.now()
    with pytest.raises(error):
        world.vote(transfer, getattr(world, who), **changes)
    assert Books.now() == before
    assert request_of(transfer).status == "pending"


def test_one_person_votes_once(world: World) -> None:
    transfer = world.order("5000.00")
    world.vote(transfer, world.checker)
    with pytest.raises(AlreadyVoted):
        world.vote(transfer, world.checker)


def test_under_a_halt_it_can_be_rejected_but_not_approved(world: World) -> None:
    transfer = world.order("5000.00")
    place_halt(scope="client", target="acme", reason="drill")
    before = Books.now()
    with pytest.raises(Halted):
        world.vote(transfer, world.checker)
    assert Books.now() == before
    assert world.vote(transfer, world.checker, "reject").status == "rejected"


def test_a_decided_transfer_is_not_decided_again(world: World) -> None:
    transfer = world.order("5000.00")
    world.vote(transfer, world.checker, "reject")
    with pytest.raises(Conflict):
        world.vote(transfer, world.second_checker)


def test_what_is_shown_and_what_is_previewed_come_from_the_stored_bytes(world: World) -> None:
    transfer = world.order("5000.00")
    content = content_of(transfer)
    shown = {fact.label: fact.value for fact in describe(content)}
    assert shown["Amount"] == "5,000.00 USDC"
    assert shown["Total debit, at most"] == "5,000.50 USDC"
    (posting,) = postings.payment(payload.facts_of(content), value_at=clock.now())
    assert [(line.account_code, line.debit_minor, line.credit_minor) for line in posting.lines] == [
        ("client:acme:USDC.ethereum", 5_000_500_000, 0),
        ("wallet:hot-1:USDC.ethereum", 0, 5_000 * UNIT),
        ("fees:withdrawal:USDC.ethereum", 0, UNIT // 2),
    ]


def test_the_payload_says_every_bound_in_minor_units(world: World) -> None:
    transfer = world.order("5000.00")
    content = content_of(transfer)
    assert content["source_amount"] == "5000000000"
    assert content["max_total_debit"] == "5000500000"
    assert content["chain"]["recipient"] == transfer.destination_details["address"]
    assert content["makers"] == [str(world.maker.id)]


TAMPERING = {
    "payload": ("approvals_approvalrequest", "payload = overlay(payload PLACING '\\x39' FROM 60 FOR 1)"),
    "amount": ("transfers_transfer", "source_amount = source_amount + 1"),
    "destination": (
        "transfers_transfer",
        "destination_details = jsonb_set(destination_details, '{address}', '\"0x0000000000000000000000000000000000000bad\"')",
    ),
    "bound": ("transfers_transfer", "max_fee = max_fee + 1, max_total_debit = max_total_debit + 1"),
    "request": ("transfers_transfer", "approval_request_id = NULL"),
    "voted digest": ("approvals_vote", "digest = sha256('other')"),
    "voted twice": ("approvals_vote", "person_id = (SELECT person_id FROM approvals_requestmaker LIMIT 1)"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_one_thing_changed_by_sql_stops_it(world: World, what: str) -> None:
    """Even a superuser who lifts the guards: the executor does not act on what nobody approved."""
    transfer = world.order("5000.00")
    world.approve(transfer)
    table, change = TAMPERING[what]
    tamper(table, change)
    transfer.refresh_from_db()
    with pytest.raises(Unproven):
        prove(transfer)

    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.status == "CREATED"
    assert transfer.stopped_by.startswith("authority_broken")
    assert AuditEvent.objects.get(type="transfer.authority_broken").outcome == "refused"


def tamper(table: str, change: str) -> None:
    at_commit()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for constraint in constraints_of(table):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}" CASCADE')
        cursor.execute(f"UPDATE {table} SET {change}")


def constraints_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'u')", [table])
        return [name for (name,) in cursor.fetchall()]


def test_an_approver_who_left_no_longer_counts(world: World) -> None:
    transfer = world.order("5000.00")
    world.approve(transfer)
    deactivate_person(person_id=world.checker.id, reason="left the company")
    transfer.refresh_from_db()
    with pytest.raises(Unproven, match="1 of 2"):
        prove(transfer)


def test_an_untouched_one_is_proved(world: World) -> None:
    transfer = world.order("5000.00")
    world.approve(transfer)
    transfer.refresh_from_db()
    request = prove(transfer)
    assert request is not None
    assert canonical.digest_of(bytes(request.payload)) == bytes(request.digest)
