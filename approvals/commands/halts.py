"""Freeze and halt: one person stops, two resume.

A halt waits for the steps under way and every step after its commit sees it: steps hold the gate shared while they run, placing a
halt closes it. Lifting is the registered action `halt.lift`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical, events, locks
from approvals.commands.carrying_out import cast
from approvals.commands.requests import mark_executed, open_request
from approvals.errors import AlreadyHalted, Halted, NotInForce, Unknown
from approvals.models import ApprovalRequest, Halt
from approvals.queries.halts import halt_code, sentence_of
from approvals.registry import DecideInput, Fact, VoteOutcome
from audit import clock, context
from audit.commands import record

LIFT = "halt.lift"
LIFT_QUORUM = 2
LIFT_ROLE = "approver"
REVIEW_AFTER = timedelta(hours=4)
LIFT_REQUEST_LIVES = timedelta(hours=24)


@transaction.atomic
def place_halt(*, scope: str, target: str, reason: str, review_after: timedelta = REVIEW_AFTER) -> Halt:
    """Stop everything that `scope` and `target` cover, once the steps under way have committed. `target` is empty for the whole
    system.

    Raises AlreadyHalted when that stop is in force already, ValueError for a stop without a reason or a target that does not fit.
    """
    scope = Halt.Scope(scope)
    if not reason.strip():
        raise ValueError("a halt says why")
    if (scope == Halt.Scope.SYSTEM) == bool(target):
        raise ValueError(f"a halt of scope {scope} {'has no' if target else 'needs a'} target")
    locks.close_halt_gate()
    if Halt.objects.filter(scope=scope, target=target, lifted_at=None).exists():
        raise AlreadyHalted(scope, target)
    actor, now = context.current().actor, clock.now()
    halt = Halt.objects.create(
        scope=scope,
        target=target,
        reason=reason.strip(),
        placed_by=actor.id,
        placed_by_person_id=actor.person_id,
        placed_at=now,
        review_at=now + review_after,
    )
    metadata = {"scope": scope, "target": target, "review_at": halt.review_at.isoformat()}
    record(type=events.HALT_PLACED, resource_type="halt", resource_id=str(halt.id), reason=halt.reason, metadata=metadata)
    return halt


def check_halts(
    *,
    client_id: str = "",
    account_codes: Sequence[str] = (),
    asset_ids: Sequence[str] = (),
    corridor_id: str = "",
    provider: str = "",
    destination_id: str = "",
) -> None:
    """Call it first in the transaction of every step, after the locks above it in DECISIONS' order. Raises Halted.

    Holds the gate shared until the end of the transaction, so that no halt commits beside the step.
    """
    check_touched(
        touched(
            client_ids=(client_id,),
            account_codes=account_codes,
            asset_ids=asset_ids,
            corridor_id=corridor_id,
            provider=provider,
            destination_id=destination_id,
        )
    )


def check_touched(targets: Mapping[str, Sequence[str]]) -> None:
    """The same for what a step touches by scope (see `touched`). Raises Halted."""
    halt = locks.halt_on(targets)
    if halt is not None:
        raise halted_by(halt)


def touched(
    *,
    client_ids: Sequence[str] = (),
    account_codes: Sequence[str] = (),
    asset_ids: Sequence[str] = (),
    corridor_id: str = "",
    provider: str = "",
    destination_id: str = "",
) -> dict[str, list[str]]:
    """What a step touches, by scope; empty names are left out."""
    named: dict[str, Sequence[str]] = {
        Halt.Scope.CLIENT.value: client_ids,
        Halt.Scope.ACCOUNT.value: account_codes,
        Halt.Scope.CORRIDOR.value: (corridor_id,),
        Halt.Scope.ASSET.value: asset_ids,
        Halt.Scope.PROVIDER.value: (provider,),
        Halt.Scope.DESTINATION.value: (destination_id,),
    }
    return {scope: [name for name in names if name] for scope, names in named.items()}


def halted_by(halt: Halt) -> Halted:
    return Halted(code=halt_code(halt), sentence=sentence_of(halt), halt=halt)


@transaction.atomic
def request_lift(*, halt_id: UUID, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask two approvers to resume. Whoever placed the halt may be one of them; the one who asks may not.

    Raises Unknown, NotInForce, RequestAlreadyPending.
    """
    halt = Halt.objects.filter(id=halt_id).first()
    if halt is None:
        raise Unknown("halt", halt_id)
    if halt.lifted_at is not None:
        raise NotInForce
    payload = {
        "type": LIFT,
        "halt_id": str(halt.id),
        "scope": str(halt.scope),
        "target": halt.target,
        "halted_because": halt.reason,
        "halted_by": halt.placed_by,
        "halted_at": halt.placed_at.isoformat(),
        "resume_because": reason,
    }
    return open_request(
        action=LIFT,
        subject_type="halt",
        subject_id=str(halt.id),
        client_id=halt.target if halt.scope == Halt.Scope.CLIENT else "",
        title=f"Resume: {sentence_of(halt)}",
        payload=payload,
        quorum=LIFT_QUORUM,
        role=LIFT_ROLE,
        expires_at=clock.now() + LIFT_REQUEST_LIVES,
        makers=[maker],
    )


@transaction.atomic
def decide_lift(vote: DecideInput) -> VoteOutcome:
    """One vote on a `halt.lift` request; the one that completes the quorum lifts the halt in the same transaction."""
    outcome = cast(vote)
    if outcome.is_final:
        finish_lift(ApprovalRequest.objects.get(id=vote.request_id))
    return outcome


def finish_lift(request: ApprovalRequest) -> None:
    """An approved request lifts its halt; one that ended otherwise leaves the halt in force."""
    if request.status != ApprovalRequest.Status.APPROVED:
        return
    locks.close_halt_gate()
    halt = locks.halt_for_update(UUID(request.subject_id))
    if halt.lifted_at is not None:
        raise NotInForce
    halt.lifted_at = clock.now()
    halt.lifted_by = ", ".join(request.votes.order_by("voted_at").values_list("operator", flat=True))
    halt.lift_reason = canonical.read(request.payload, request.digest)["resume_because"]
    halt.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    mark_executed(request.id, bytes(request.digest))
    metadata = {"scope": halt.scope, "target": halt.target, "request": str(request.id), "lifted_by": halt.lifted_by}
    record(type=events.HALT_LIFTED, resource_type="halt", resource_id=str(halt.id), reason=halt.lift_reason, metadata=metadata)


def describe_lift(payload: dict[str, Any]) -> list[Fact]:
    """What the approver of a `halt.lift` reads."""
    return [
        Fact("Stopped", f"{payload['scope']} {payload['target']}" if payload["target"] else "everything"),
        Fact("Since", payload["halted_at"], "time"),
        Fact("Stopped by", payload["halted_by"]),
        Fact("Why it was stopped", payload["halted_because"]),
        Fact("Why it may resume", payload["resume_because"]),
    ]
