"""What may be done with a transfer now, and why not. The page draws its buttons from this; the commands check again."""

from collections.abc import Collection
from dataclasses import dataclass

from transfers.commands.cancel import CANCELLABLE, ON_ITS_WAY
from transfers.commands.ending import past_no_return
from transfers.models import Transfer
from transfers.states import TERMINAL, Status

CANCEL_PERMISSION = "transfers.cancel_transfer"
DECIDE_PERMISSION = "approvals.decide_request"


@dataclass(frozen=True, slots=True)
class Available:
    """`reason` stands beside the button when it is disabled, and says what happens next when it is not."""

    name: str
    title: str
    allowed: bool
    reason: str


def available_actions(transfer: Transfer, permissions: Collection[str]) -> list[Available]:
    """For somebody who holds `permissions` (`app.codename`)."""
    return [_cancel(transfer, permissions), _decide(transfer, permissions)]


def _cancel(transfer: Transfer, permissions: Collection[str]) -> Available:
    reason = _why_not_cancel(transfer, permissions)
    after = "The reserved funds become available again and a pending request is withdrawn."
    return Available("cancel", "Cancel", not reason, reason or after)


def _why_not_cancel(transfer: Transfer, permissions: Collection[str]) -> str:
    if CANCEL_PERMISSION not in permissions:
        return "Your roles do not include cancelling transfers."
    if transfer.status in TERMINAL:
        return f"It has ended: {transfer.status}."
    legs = {leg.rail: leg for leg in transfer.legs.all()}
    if transfer.status not in CANCELLABLE or past_no_return(legs):
        return ON_ITS_WAY
    return ""


def _decide(transfer: Transfer, permissions: Collection[str]) -> Available:
    reason = _why_not_decide(transfer, permissions)
    return Available(
        "decide", "Approve or reject", not reason, reason or "Opens the request; what you approve is bound to its digest."
    )


def _why_not_decide(transfer: Transfer, permissions: Collection[str]) -> str:
    if transfer.approval_request is None:
        return "The policy lets it go without an approval."
    if transfer.approval_request.status != "pending" or transfer.status != Status.CREATED:
        return f"The request is {transfer.approval_request.status}."
    if DECIDE_PERMISSION not in permissions:
        return "Your roles do not include deciding requests."
    return ""
