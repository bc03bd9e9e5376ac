"""Whether the votes on a request still stand: enough of them, of distinct active people who did not make it, on these very
bytes."""

from approvals.models import ApprovalRequest, Vote
from transfers.errors import TransferError


class Unproven(TransferError):
    """The authority of a transfer does not hold; the message says which part. Nothing may be sent."""


def prove_votes(request: ApprovalRequest, *, needed: int) -> None:
    """Raises Unproven."""
    makers = request.makers.values_list("person_id", flat=True)
    approving = request.votes.filter(
        decision=Vote.Decision.APPROVE, digest=request.digest, revision=request.revision, person__active=True
    ).exclude(person_id__in=makers)
    collected = approving.values("person_id").distinct().count()
    if collected < needed:
        raise Unproven(f"{collected} of {needed} approvals stand: a voter is no longer active, or the votes are for other content.")
