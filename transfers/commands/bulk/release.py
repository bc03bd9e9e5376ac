"""The registered action `bulk.release`: a vote on a file, and what follows from it in the same transaction.

The order is locked before its request, as a transfer is. The last approval uses the approval up: from then on parts are carried
out, each after proving anew that its bytes are the approved ones.
"""

from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import cast
from approvals.commands.halts import check_halts
from approvals.commands.requests import expire_request, mark_executed
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, VoteOutcome, register
from audit import clock
from transfers.commands.bulk import payload
from transfers.commands.bulk.ending import end, locked, move
from transfers.commands.bulk.events import RELEASED
from transfers.commands.wake import wake_bulk_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import BulkOrder, BulkPart

DECIDE_PERMISSION = "approvals.decide_request"
Status = BulkOrder.Status


def decide_release(vote: DecideInput) -> VoteOutcome:
    """One vote. The last approval sets the parts free, a rejection gives everything back.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers the client; Conflict when it is decided by now.
    """
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=vote.request_id)
    with transaction.atomic():
        order = locked(UUID(subject))
        if order.status != Status.AWAITING_APPROVAL or order.approval_request_id != vote.request_id:
            raise Conflict(f"The file is {order.status.replace('_', ' ')} by now; there is nothing left to decide.")
        outcome = cast(vote)
        if vote.decision == "approve":
            check_halts(client_id=order.client_id)
        _act_on(order, outcome, vote)
        crashpoint("bulk.release.before_commit")
    return outcome


def _act_on(order: BulkOrder, outcome: VoteOutcome, vote: DecideInput) -> None:
    if outcome.status == ApprovalRequest.Status.REJECTED:
        end(order, Status.REJECTED, reason=vote.reason)
    elif outcome.status == ApprovalRequest.Status.APPROVED:
        mark_executed(vote.request_id, vote.digest)
        move(order, Status.IN_PROGRESS, RELEASED, metadata={"request": str(vote.request_id), "collected": outcome.collected})
        BulkPart.objects.filter(order=order, status=BulkPart.Status.WAITING).update(due_at=clock.now())
        wake_bulk_after_commit()


def expire_release(request_id: UUID) -> None:
    """For the approvals' sweep: a file that nobody decided in time ends, and its money is free again."""
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=request_id)
    with transaction.atomic():
        order = locked(UUID(subject))
        if order.status != Status.AWAITING_APPROVAL or clock.now() < order.not_after:
            return
        expire_request(request_id, f"The file was good until {order.not_after:%Y-%m-%d %H:%M} UTC.")
        end(order, Status.EXPIRED, reason="Nobody decided in time.")


def register_action() -> None:
    register(
        Action(
            name=payload.RELEASE_ACTION,
            title="Release a file of orders",
            check_permission=DECIDE_PERMISSION,
            decide=decide_release,
            describe=payload.describe,
            expire=expire_release,
        )
    )
