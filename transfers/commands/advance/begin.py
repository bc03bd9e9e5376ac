"""Whether a transfer in CREATED may begin: what lapsed or was withdrawn ends here, and what waits for votes is put off."""

from approvals.models import ApprovalRequest
from transfers.commands import moves
from transfers.commands.advance.permit import permit
from transfers.commands.ending import end_unsent
from transfers.commands.expire import expire_locked
from transfers.models import Transfer
from transfers.states import Status

_OVER = (ApprovalRequest.Status.REJECTED, ApprovalRequest.Status.WITHDRAWN, ApprovalRequest.Status.DISMISSED)


def may_begin(transfer: Transfer) -> bool:
    """In the step's transaction, transfer locked. Raises Halted, Unproven."""
    if expire_locked(transfer):
        return False
    request = transfer.approval_request
    if request is not None and request.status in _OVER:
        # Ended without a vote through this floor; what was asked is no longer asked.
        code = "approval_rejected" if request.status == ApprovalRequest.Status.REJECTED else "cancelled_by_operator"
        end_unsent(transfer, Status.CANCELLED, failure_code=code, reason=f"The request for approval was {request.status}.")
        return False
    if request is not None and request.status != ApprovalRequest.Status.APPROVED:
        moves.set_columns(transfer, due_at=transfer.good_until)
        return False
    permit(transfer)
    return True
