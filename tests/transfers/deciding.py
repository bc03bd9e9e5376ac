"""Asking for a verdict, voting on it, and both at once."""

from approvals import registry
from approvals.models import ApprovalRequest, Person
from approvals.registry import DecideInput, VoteOutcome
from tests.transfers.world import LONG_AGO, World, acting
from transfers.commands import verdicts
from transfers.commands.verdicts import Verdict
from transfers.models import Transfer

EVIDENCE = "Nordbank's operations desk confirmed by phone to Ana at 14:05 that the order is final."


def ask(world: World, transfer: Transfer, verdict: Verdict) -> ApprovalRequest:
    with acting(world.maker):
        return verdicts.ask(transfer_id=transfer.id, verdict=verdict, evidence=EVIDENCE, maker=world.maker.id)


def vote(request: ApprovalRequest, person: Person, decision: str = "approve") -> VoteOutcome:
    ballot = DecideInput(
        request_id=request.id,
        person_id=person.id,
        operator=person.name,
        roles={request.role: LONG_AGO},
        decision=decision,
        digest=bytes(request.digest),
        revision=request.revision,
        reason="not convinced" if decision == "reject" else "",
    )
    with acting(person):
        return registry.get(request.action).decide(ballot)


def decided(world: World, transfer: Transfer, verdict: Verdict) -> Transfer:
    request = ask(world, transfer, verdict)
    assert vote(request, world.checker).status == "pending"
    assert vote(request, world.second_checker).status == "approved"
    transfer.refresh_from_db()
    return transfer
