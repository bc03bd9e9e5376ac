"""Levels of liquidity, asked for by treasury and approved by somebody else."""

from typing import Any

from approvals import registry
from approvals.models import ApprovalRequest, Person
from approvals.registry import DecideInput, VoteOutcome
from tests.transfers.world import LONG_AGO, World, acting
from transfers.commands.levels import request_levels


def ask_levels(world: World, account_code: str, **changes: Any) -> ApprovalRequest:
    usual: dict[str, Any] = {"funding": "pre_funded", "minimum": 0, "target": 0, "maximum": None, "reason": "agreed on Monday"}
    with acting(world.maker):
        return request_levels(account_code=account_code, maker=world.maker.id, **usual | changes)


def vote_on(request: ApprovalRequest, person: Person, decision: str = "approve", **changes: Any) -> VoteOutcome:
    usual: dict[str, Any] = {
        "request_id": request.id,
        "person_id": person.id,
        "operator": person.name,
        "roles": {request.role: LONG_AGO},
        "decision": decision,
        "digest": bytes(request.digest),
        "revision": request.revision,
        "reason": "not as agreed" if decision == "reject" else "",
    }
    with acting(person):
        return registry.get(request.action).decide(DecideInput(**usual | changes))


def set_levels(world: World, account_code: str, **changes: Any) -> None:
    vote_on(ask_levels(world, account_code, **changes), world.checker)
