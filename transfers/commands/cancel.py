"""Cancelling before anything is committed outside."""

from uuid import UUID

from django.db import transaction

from audit import context
from audit.context import ActorType
from transfers import locks, machines
from transfers.commands.ending import end_unsent, past_no_return
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import Leg, Transfer
from transfers.states import TERMINAL, Route, Status

CANCELLABLE = (Status.CREATED, Status.QUOTED, Status.FUNDS_LOCKED)
ON_ITS_WAY = "The transfer has been committed to the outside and can no longer be cancelled."
NEVER = "Money that comes in is not cancelled."


def why_not_cancel(transfer: Transfer, legs: dict[str, Leg], *, by_client: bool = False) -> str:
    """The reason why it cannot be cancelled now, as a sentence; empty when it can. A client reads the state's name in the API."""
    route, status = Route(transfer.route), Status(transfer.status)
    if not machines.reaches(route, transfer.machine_version, Status.CANCELLED):
        return NEVER
    if status not in TERMINAL and past_no_return(legs):
        return ON_ITS_WAY
    if status not in CANCELLABLE or not machines.may(route, transfer.machine_version, status, Status.CANCELLED):
        return f"A transfer that is {status if by_client else status.words} cannot be cancelled."
    return ""


def cancel(transfer_id: UUID, reason: str) -> Transfer:
    """The cancelled transfer; cancelling it again answers the same.

    Raises NotFound; Conflict when an intent is committed, the transfer has ended otherwise or its machine knows no cancelling. It
    looks at the legs' request state, not only at the status: a transfer in FUNDS_LOCKED may have been sent this very second.
    """
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        if transfer.status == Status.CANCELLED:
            return transfer
        by_client = context.current().actor.type in (ActorType.API_CLIENT, ActorType.END_USER)
        if obstacle := why_not_cancel(transfer, locks.legs(transfer_id), by_client=by_client):
            raise Conflict(obstacle)
        end_unsent(
            transfer, Status.CANCELLED, failure_code="cancelled_by_client" if by_client else "cancelled_by_operator", reason=reason
        )
        crashpoint("cancel.before_commit")
    return transfer
