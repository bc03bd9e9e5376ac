"""Votes on requests about one transfer that are carried out by their last vote."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from approvals.commands.requests import dismiss
from approvals.errors import NotCarriedOut
from approvals.models import ApprovalRequest
from approvals.registry import DecideInput, VoteOutcome
from transfers.errors import Conflict


def decide_on_transfer(vote: DecideInput, act: Callable[[DecideInput, UUID], VoteOutcome]) -> VoteOutcome:
    """Vote and deed by `act(vote, transfer_id)` in one database transaction. Where it raises Conflict nothing of either remains,
    the request ends as dismissed with the reason, and NotCarriedOut says it. Raises what `act` raises besides."""
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=vote.request_id)
    try:
        with transaction.atomic():
            return act(vote, UUID(subject))
    except Conflict as conflict:
        dismiss(vote.request_id, f"Approved, but not carried out: {conflict}")
        raise NotCarriedOut(str(conflict)) from conflict
