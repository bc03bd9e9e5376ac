"""Requests about a transfer that has moved on since somebody asked: they end by themselves, so that nobody reads and decides what
can no longer be carried out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.requests import dismiss
from approvals.errors import NotPending, PayloadTampered
from approvals.models import ApprovalRequest
from transfers import locks
from transfers.commands import dear_speed_up, payout_recall, verdicts
from transfers.crashpoints import crashpoint
from transfers.models import Leg, Transfer

_MOVED_ON: dict[str, Callable[[Transfer, dict[str, Leg], dict[str, Any]], str]] = {
    dear_speed_up.ACTION: dear_speed_up.moved_on,
    payout_recall.ACTION: lambda transfer, legs, _: payout_recall.why_not(transfer, legs),
    verdicts.DECLARE_LOST: verdicts.moved_on,
    verdicts.OVERRIDE: verdicts.moved_on,
}


def dismiss_moot() -> int:
    """Look at all that waits for people, each in a transaction of its own; returns how many requests this call has ended."""
    waiting = ApprovalRequest.objects.filter(action__in=_MOVED_ON, status=ApprovalRequest.Status.PENDING)
    return sum(_dismiss(*row) for row in waiting.order_by("made_at").values_list("pk", "subject_id"))


def _dismiss(request_id: UUID, transfer_id: str) -> bool:
    """False while it stands, and when somebody has decided it meanwhile."""
    with transaction.atomic():
        transfer = locks.transfer(UUID(transfer_id))
        reason = _why(transfer, ApprovalRequest.objects.get(pk=request_id))
        if not reason:
            return False
        try:
            dismiss(request_id, reason)
        except NotPending:
            return False
        crashpoint("moot.before_commit")
    return True


def _why(transfer: Transfer, request: ApprovalRequest) -> str:
    """Empty also for bytes that were tampered with: those are shown as such, and nobody can approve them."""
    try:
        content = canonical.read(request.payload, request.digest)
    except PayloadTampered:
        return ""
    return _MOVED_ON[request.action](transfer, locks.legs(transfer.pk), content)
