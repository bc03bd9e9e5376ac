"""Cancelling before anything is committed outside."""

from uuid import UUID

from django.db import transaction

from audit import context
from audit.context import ActorType
from transfers import locks
from transfers.commands.ending import end_unsent, past_no_return
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import Transfer
from transfers.states import Status

CANCELLABLE = (Status.CREATED, Status.QUOTED, Status.FUNDS_LOCKED)
ON_ITS_WAY = "The transfer has been committed to the outside and can no longer be cancelled."


def cancel(transfer_id: UUID, reason: str) -> Transfer:
    """The cancelled transfer; cancelling it again answers the same.

    Raises NotFound; Conflict when an intent is committed or the transfer has ended otherwise. It looks at the legs' request
    state, not only at the status: a transfer in FUNDS_LOCKED may have been sent this very second.
    """
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        if transfer.status == Status.CANCELLED:
            return transfer
        if transfer.status not in CANCELLABLE:
            raise Conflict(f"A transfer that is {transfer.status} cannot be cancelled.")
        if past_no_return(locks.legs(transfer_id)):
            raise Conflict(ON_ITS_WAY)
        by_client = context.current().actor.type in (ActorType.API_CLIENT, ActorType.END_USER)
        end_unsent(
            transfer, Status.CANCELLED, failure_code="cancelled_by_client" if by_client else "cancelled_by_operator", reason=reason
        )
        crashpoint("cancel.before_commit")
    return transfer
