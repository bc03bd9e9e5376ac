"""Ending a transfer whose money never left: the hold, the limits, the wallet's promise and the pending request go together with
the move."""

from typing import Any

from approvals.commands.requests import withdraw
from approvals.models import ApprovalRequest
from ledger.commands import apply_holds
from transfers.commands import moves
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.limit_shares import give_back_limits_of
from transfers.commands.treasury import end_reservation
from transfers.failures import FAILURES
from transfers.models import Leg, Transfer
from transfers.postings import released
from transfers.states import MoneyState, RequestState, Status
from transfers.uncertain import CHAIN


def past_no_return(legs: dict[str, Leg]) -> bool:
    """Whether any leg has a committed intent: from then on only evidence from outside ends the transfer."""
    return any(leg.request_state != RequestState.RECEIVED for leg in legs.values())


def paid_beside_the_chain(legs: dict[str, Leg]) -> bool:
    """Whether a leg over another rail has a committed intent: then the one on chain can be given back to nobody."""
    return past_no_return({rail: leg for rail, leg in legs.items() if rail != CHAIN})


def end_unsent(transfer: Transfer, target: Status, *, failure_code: str, reason: str = "", **columns: Any) -> None:
    """Move to a final state and give everything back, in the caller's transaction, transfer and legs locked.

    A request that is still pending is withdrawn first (approval before accounts, as locks go).
    """
    _withdraw_request(transfer, reason or FAILURES[failure_code].detection)
    give_back_limits_of(transfer)
    for leg in transfer.legs.all():
        end_reservation(leg)
        Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.NONE)
    moves.move(
        transfer,
        target,
        reason=reason,
        data={"code": failure_code},
        failure_code=failure_code,
        failure_message=FAILURES[failure_code].client_text,
        money_state=MoneyState.NONE,
        due_at=None,
        **columns,
    )
    follow_arrival(transfer)
    if transfer.hold_reference:
        apply_holds(released(transfer.hold_reference), transaction_id=transfer.id)


def _withdraw_request(transfer: Transfer, reason: str) -> None:
    if transfer.approval_request_id is None:
        return
    pending = ApprovalRequest.objects.filter(pk=transfer.approval_request_id, status=ApprovalRequest.Status.PENDING)
    if pending.exists():
        withdraw(request_id=transfer.approval_request_id, reason=reason)
