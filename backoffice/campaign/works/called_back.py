"""Payouts that are called back from the bank as soon as it has them; people decide about it like about anything."""

from collections.abc import Callable
from uuid import UUID

from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.votes import person_of, vote
from backoffice.campaign.works.withdrawals import off_ramp
from transfers.commands import payout_recall
from transfers.errors import Conflict
from transfers.models import Leg
from transfers.states import RequestState, Status

_ASKS = "operator"


def call_back(transfer_id: UUID) -> None:
    """Ask once the bank has it; then the approver's vote on what was asked."""
    pending = ApprovalRequest.objects.filter(
        subject_id=str(transfer_id), action=payout_recall.ACTION, status=ApprovalRequest.Status.PENDING
    )
    if not pending.exists():
        _ask(transfer_id)
    request = pending.first()
    if request is not None:
        _press(lambda: vote(request))


def _ask(transfer_id: UUID) -> None:
    sent = Leg.objects.filter(transfer=transfer_id, rail="bank").exclude(request_state=RequestState.RECEIVED)
    maker = person_of(_ASKS)
    if sent.exists():
        with context.bind(Actor.system("campaign")):
            _press(lambda: payout_recall.ask(transfer_id=transfer_id, reason_code="DUPL", reason="campaign", maker=maker.id))


def _press(button: Callable[[], object]) -> None:
    """As people do who find the button gone by now."""
    try:
        button()
    except (Conflict, ApprovalsError):
        return


register(Work(name="called_back", begin=off_ramp, then=call_back, ends=frozenset({Status.FAILED.value, Status.RECONCILED.value})))
