"""Unallocated money becomes a client's by two people, once, out of the unallocated account."""

from typing import Any

import pytest

from approvals import registry
from approvals.commands import create_client
from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput
from audit import coverage
from ledger.queries.proofs import findings
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.reconciliation.test_bank_deposits import paid_in
from tests.transfers.world import LONG_AGO, World, acting, drive_until, posted
from transfers.commands.deposits.allocation import request_allocation, waiting_arrivals
from transfers.errors import Conflict, Refused
from transfers.models import Arrival, BankAccount, Transfer

CLIENT, UNALLOCATED = "client:acme:MXN", "quarantine:arrivals:MXN"


@pytest.fixture
def arrival(world: World) -> Arrival:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    paid_in("900.00", "for the robots")
    match_open_items()
    return Arrival.objects.get()


def asked(world: World, arrival: Arrival, client_id: str = "acme") -> ApprovalRequest:
    with acting(world.maker):
        return request_allocation(arrival_id=arrival.pk, client_id=client_id, reason="their mail of today", maker=world.maker.id)


def vote(world: World, request: ApprovalRequest, decision: str = "approve") -> None:
    usual: dict[str, Any] = {"roles": {request.role: LONG_AGO}, "decision": decision, "page_opened_at": None}
    with acting(world.checker):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=world.checker.id,
                operator="checker",
                digest=bytes(request.digest),
                revision=request.revision,
                reason="" if decision == "approve" else "not theirs",
                **usual,
            )
        )


def test_an_approved_allocation_is_credited_out_of_the_unallocated_money(world: World, arrival: Arrival) -> None:
    request = asked(world, arrival)
    assert (request.quorum, request.client_id) == (1, "acme")
    assert (posted(UNALLOCATED), Transfer.objects.count()) == (90_000, 0)
    vote(world, request)
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    assert (posted(UNALLOCATED), posted(CLIENT), transfer.client_reference) == (0, 90_000, "for the robots")
    match_open_items()
    transfer.refresh_from_db()
    assert (transfer.status, Break.objects.get().status) == ("RECONCILED", "resolved")
    assert not waiting_arrivals().exists()
    assert list(findings()) == []
    assert list(coverage.findings()) == []


def test_a_rejected_allocation_moves_nothing(world: World, arrival: Arrival) -> None:
    vote(world, asked(world, arrival), "reject")
    assert (posted(UNALLOCATED), Transfer.objects.count()) == (90_000, 0)
    assert waiting_arrivals().get() == arrival


def test_one_request_at_a_time_and_none_for_what_is_somebodys(world: World, arrival: Arrival) -> None:
    create_client(client_id="globex", name="Globex")
    request = asked(world, arrival)
    with pytest.raises(RequestAlreadyPending):
        asked(world, arrival, "globex")
    vote(world, request)
    with pytest.raises(Conflict):
        asked(world, arrival, "globex")
    assert Transfer.objects.get().client_id == "acme"


@pytest.mark.parametrize(("client", "reason"), [("nobody", "because"), ("acme", "  ")])
def test_a_request_without_client_or_reason_is_refused(world: World, arrival: Arrival, client: str, reason: str) -> None:
    with pytest.raises(Refused):
        request_allocation(arrival_id=arrival.pk, client_id=client, reason=reason, maker=world.maker.id)
    assert not ApprovalRequest.objects.exists()
