"""Deadlines: an order whose not-after has passed ends before anything is committed outside, and its money is free again."""

from uuid import UUID

from django.db import transaction

from approvals.commands.requests import expire_request
from approvals.models import ApprovalRequest
from audit import clock
from transfers import locks
from transfers.commands.ending import end_unsent, past_no_return
from transfers.crashpoints import crashpoint
from transfers.models import Transfer
from transfers.states import Status

# FUNDS_LOCKED has no row to EXPIRED: what was locked and never sent has failed before sending.
_ENDS_AS = {Status.CREATED: Status.EXPIRED, Status.QUOTED: Status.EXPIRED, Status.FUNDS_LOCKED: Status.FAILED}


def expire_locked(transfer: Transfer) -> bool:
    """End the locked transfer when its time is up and nothing is committed outside. True when it ended."""
    if (
        transfer.not_after is None
        or clock.now() <= transfer.not_after
        or transfer.status not in _ENDS_AS
        or past_no_return(locks.legs(transfer.id))
    ):
        return False
    code = "bounds_expired"
    request = transfer.approval_request
    if request is not None and request.status in (ApprovalRequest.Status.PENDING, ApprovalRequest.Status.EXPIRED):
        code = "approval_expired"
        if request.status == ApprovalRequest.Status.PENDING:
            expire_request(request.id, f"The order was good until {transfer.not_after:%Y-%m-%d %H:%M} UTC.")
            request.refresh_from_db()
    end_unsent(transfer, _ENDS_AS[Status(transfer.status)], failure_code=code)
    crashpoint("expire.before_commit")
    return True


def expire_release(request_id: UUID) -> None:
    """For the approvals' own sweep: the transfer is locked before its request."""
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=request_id)
    with transaction.atomic():
        expire_locked(locks.transfer(UUID(subject)))
