"""Retry and resume: an operator has the driver look at once instead of when its turn would come. Neither skips a check."""

from uuid import UUID

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import moves
from transfers.commands.advance.steps import next_step
from transfers.commands.wake import wake_after_commit
from transfers.errors import Conflict
from transfers.models import Transfer

RETRIED, RESUMED = moves.RETRIED, moves.RESUMED
NOTHING_TO_TRY = "No step of it has failed: there is nothing to try again."
NOT_STOPPED = "Nothing has stopped it."
NOT_OURS = "No step is waiting to be taken by us in this state."


def retry(transfer_id: UUID, reason: str) -> Transfer:
    """Take the failed step again now, without the pause that its failures have grown to. Raises NotFound, Conflict."""
    return _look_now(transfer_id, RETRIED, reason)


def resume(transfer_id: UUID, reason: str) -> Transfer:
    """Look again now whether what stopped it still stands. What stands is not lifted by this. Raises NotFound, Conflict."""
    return _look_now(transfer_id, RESUMED, reason)


def why_not_retry(transfer: Transfer) -> str:
    """Empty when it may be tried again."""
    if next_step(transfer) is None or transfer.due_at is None:
        return NOT_OURS
    return "" if transfer.last_error else NOTHING_TO_TRY


def why_not_resume(transfer: Transfer) -> str:
    """Empty when it may be resumed."""
    if next_step(transfer) is None or transfer.due_at is None:
        return NOT_OURS
    return "" if transfer.stopped_by else NOT_STOPPED


_WHY_NOT = {RETRIED: why_not_retry, RESUMED: why_not_resume}


def _look_now(transfer_id: UUID, kind: str, reason: str) -> Transfer:
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        obstacle = _WHY_NOT[kind](transfer)
        if obstacle:
            raise Conflict(obstacle)
        if _was_just_asked(transfer, kind):
            return transfer
        data = {"attempts": transfer.attempts, "last_error": transfer.last_error, "stopped_by": transfer.stopped_by}
        moves.note(transfer, kind, reason=reason, data=data, due_at=clock.now(), attempts=0)
        wake_after_commit(transfer.id)
    return transfer


def _was_just_asked(transfer: Transfer, kind: str) -> bool:
    """Whether the driver has not looked since somebody asked for just this: asking again adds nothing."""
    newest = transfer.events.order_by("seq").last()
    is_due = transfer.due_at is not None and transfer.due_at <= clock.now()
    return is_due and not transfer.attempts and newest is not None and newest.type == kind
