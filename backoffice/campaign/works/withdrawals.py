"""Withdrawals that run by themselves, and one that people approve."""

from datetime import UTC, datetime
from uuid import UUID

from approvals import registry
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput
from audit import context
from audit.context import Actor, ActorType
from backoffice.access.models import Operator
from backoffice.campaign.works import Work, client, register
from transfers.models import Transfer
from transfers.states import Status

_HELD_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
APPROVER = "approver"


def amount_of(number: int) -> str:
    """Different ones, so that a payment cannot pass for another."""
    return f"{11 + number % 80}.{number % 100:02}"


def on_chain(tag: str, number: int) -> None:
    client.withdraw(f"{tag}/{number}", amount_of(number))


def off_ramp(tag: str, number: int) -> None:
    client.withdraw(f"{tag}/{number}", amount_of(number), to_bank=True)


def large(tag: str, number: int) -> None:
    """Large enough to wait for one approver, small enough not to wait for two."""
    client.withdraw(f"{tag}/{number}", f"1{amount_of(number).rjust(6, '0')}")


def decide(transfer_id: UUID, decision: str) -> None:
    """The approver's vote, as the console casts it; nothing when the request is decided already."""
    request = Transfer.objects.select_related("approval_request").get(pk=transfer_id).approval_request
    if request is not None:
        decide_request(request, decision)


def decide_request(request: ApprovalRequest, decision: str) -> None:
    if request.status != ApprovalRequest.Status.PENDING:
        return
    operator = Operator.objects.select_related("person").get(username=APPROVER)
    if operator.person is None:
        raise RuntimeError(f"{APPROVER} is nobody's account")
    person = operator.person.id
    with context.bind(Actor(ActorType.OPERATOR, operator.username, person_id=person)):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=person,
                operator=operator.username,
                roles={request.role: _HELD_SINCE},
                decision=decision,
                digest=bytes(request.digest),
                revision=request.revision,
                reason="not as agreed" if decision == "reject" else "",
            )
        )


def approve(transfer_id: UUID) -> None:
    decide(transfer_id, "approve")


_PAID = frozenset({Status.RECONCILED.value})
register(Work(name="on_chain_withdrawal", begin=on_chain, ends=_PAID))
register(Work(name="off_ramp", begin=off_ramp, ends=_PAID))
register(Work(name="approved", begin=large, then=approve, ends=_PAID))
