"""Votes of the demo company's people, as the console casts them."""

from datetime import UTC, datetime

from approvals import registry
from approvals.models import ApprovalRequest, Person
from approvals.registry import DecideInput
from audit import context
from audit.context import Actor, ActorType
from backoffice.access.models import Operator

_HELD_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
APPROVER, SECOND_APPROVER, TREASURY = "approver", "approver2", "treasury"


def person_of(username: str) -> Person:
    operator = Operator.objects.select_related("person").get(username=username)
    if operator.person is None:
        raise RuntimeError(f"{username} is nobody's account")
    return operator.person


def acting(username: str) -> Actor:
    return Actor(ActorType.OPERATOR, username, person_id=person_of(username).id)


def vote(request: ApprovalRequest | None, decision: str = "approve", *, by: str = APPROVER) -> None:
    """Nothing when there is no request, or when it is decided already."""
    if request is None or request.status != ApprovalRequest.Status.PENDING:
        return
    actor = acting(by)
    with context.bind(actor):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=person_of(by).id,
                operator=by,
                roles={request.role: _HELD_SINCE},
                decision=decision,
                digest=bytes(request.digest),
                revision=request.revision,
                reason="not as agreed" if decision == "reject" else "",
            )
        )
