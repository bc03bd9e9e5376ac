"""Votes on requests that are carried out in the books by their last vote: exactly once, in its transaction, or not at all."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from approvals import canonical
from approvals.commands.requests import cast_vote, dismiss, mark_executed
from approvals.errors import NotCarriedOut
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput, VoteOutcome
from ledger.errors import LedgerError


def decide_and_carry_out(
    vote: DecideInput,
    *,
    before: Callable[[dict[str, Any]], None],
    carry_out: Callable[[ApprovalRequest, dict[str, Any]], None],
    why_not: Callable[[LedgerError], str],
) -> VoteOutcome:
    """One vote; the one that completes the quorum carries out what the stored bytes say.

    `before` may stop an approval (by raising; the vote does not count then). When the books refuse, nothing of the vote or the
    deed remains, the request ends as dismissed with the reason, and NotCarriedOut says it. Raises what `cast_vote` raises.
    """
    try:
        with transaction.atomic():
            outcome = cast(vote)
            request = ApprovalRequest.objects.get(id=vote.request_id)
            if vote.decision == "approve":
                before(canonical.read(request.payload, request.digest))
            if outcome.status == ApprovalRequest.Status.APPROVED:
                payload = canonical.read(request.payload, request.digest)
                mark_executed(request.id, canonical.digest_of(bytes(request.payload)))
                carry_out(request, payload)
            return outcome
    except LedgerError as refusal:
        words = why_not(refusal)
        dismiss(vote.request_id, f"Approved, but not carried out: {words}")
        raise NotCarriedOut(words) from refusal


def cast(vote: DecideInput) -> VoteOutcome:
    """Raises what `cast_vote` raises."""
    return cast_vote(
        request_id=vote.request_id,
        person_id=vote.person_id,
        operator=vote.operator,
        roles=vote.roles,
        decision=vote.decision,
        digest=vote.digest,
        revision=vote.revision,
        reason=vote.reason,
        page_opened_at=vote.page_opened_at,
    )
