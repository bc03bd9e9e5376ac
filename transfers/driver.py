"""The driver: claims what is due, takes one step after the other, and lets go. N copies may run, with or without Celery.

A claim is a row update with a lease and a fence that grows, taken with SKIP LOCKED and committed before anything else happens;
every write of a step checks the fence under the row's lock. So two drivers never write for one transfer, and one that slept
through its lease finds that out at its next write. No row lock is ever held across a call to the outside.
"""

import logging
import os
import random
import socket
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from approvals.errors import Halted
from audit import clock, context
from audit.commands import record
from audit.context import Actor
from transfers import locks
from transfers.commands import exchanges, moves
from transfers.commands.advance.steps import Step, is_driven, next_step
from transfers.commands.votes import Unproven
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, LeaseLost, Refused, TransferError, Waiting
from transfers.failures.rails import rail_code
from transfers.locks import Lease
from transfers.models import Transfer
from transfers.rails.base import RailError
from transfers.rails.evm.nodes import NodesDisagree
from transfers.rails.guard import Walled
from transfers.states import IN_FILES, SINGLE

log = logging.getLogger(__name__)

# A step that takes longer than this finds at its next write that somebody else has the transfer, and writes nothing.
LEASE = timedelta(seconds=settings.DRIVER_LEASE)
# A transfer takes at most this many steps in one go, so that one that loops cannot starve the rest.
STEPS_AT_ONCE = 12
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
HALT_RECHECK = timedelta(seconds=5)
PROOF_RECHECK = timedelta(minutes=5)
# What came in a file goes first now and then, so that neither waits for ever.
FILES_FIRST_ONE_IN = 5
_chance = random.SystemRandom()

_CLAIM = """
    UPDATE transfers_transfer
    SET lease_owner = %(owner)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s), fence = fence + 1
    WHERE id = (
        SELECT id FROM transfers_transfer
        WHERE {which} AND due_at <= %(now)s AND (lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
"""
_RENEW = """
    UPDATE transfers_transfer SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    WHERE id = %(id)s AND fence = %(fence)s AND due_at <= %(now)s
    RETURNING *
"""
# Who has written an event meanwhile, or made it due anew, knows better.
_RELEASE = """
    UPDATE transfers_transfer SET lease_until = NULL,
           due_at = CASE WHEN due_at = %(due_at)s::timestamptz AND version = %(version)s::integer
                         THEN %(later)s::timestamptz ELSE due_at END
    WHERE id = %(id)s AND fence = %(fence)s
"""


def owner_name() -> str:
    return f"driver@{socket.gethostname()}:{os.getpid()}"


def run_due(limit: int = 100) -> int:
    """Advance up to `limit` due transfers, oldest first; returns how many were claimed."""
    for claimed in range(limit):
        found = _next_due()
        if found is None:
            return claimed
        _drive(_lease_of(found), found)
    return limit


def advance_one(transfer_id: UUID) -> bool:
    """Advance this transfer when it is due and nobody else has it. A hint may come twice, early or late: then nothing happens."""
    found = _claim("id = %(id)s", {"id": transfer_id})
    if found is None:
        return False
    _drive(_lease_of(found), found)
    return True


def claim(transfer_id: UUID | None = None) -> Lease | None:
    """Lease the transfer that has been due the longest, or the given one; None when there is nothing to lease."""
    found = _next_due() if transfer_id is None else _claim("id = %(id)s", {"id": transfer_id})
    return None if found is None else _lease_of(found)


def _next_due() -> Transfer | None:
    first, then = (IN_FILES, SINGLE) if _chance.randrange(FILES_FIRST_ONE_IN) == 0 else (SINGLE, IN_FILES)
    which = "priority = %(priority)s"
    return _claim(which, {"priority": first}) or _claim(which, {"priority": then})


def _claim(which: str, wanted: dict[str, Any]) -> Transfer | None:
    """The claimed row as the claim left it."""
    values = wanted | {"owner": owner_name(), "lease": LEASE.total_seconds(), "now": clock.now()}
    found = next(iter(Transfer.objects.raw(_CLAIM.format(which=which), values)), None)
    if found is not None:
        crashpoint("drive.after_claim")
    return found


def _lease_of(claimed: Transfer) -> Lease:
    return Lease(claimed.pk, claimed.lease_owner, claimed.fence)


def drive(lease: Lease) -> None:
    """Take steps until nothing is due, then give the lease back. Never raises for one transfer's trouble: it is written on its
    row."""
    due = _renewed(lease)
    if due is None:
        _release(lease, None)
    else:
        _drive(lease, due)


def _drive(lease: Lease, claimed: Transfer) -> None:
    with context.bind(Actor.system("driver"), correlation_id=claimed.correlation_id), exchanges.about(lease.transfer_id):
        try:
            _take_steps(lease, claimed)
        except LeaseLost as lost:
            log.info("left transfer %s to its new holder: %s", lease.transfer_id, lost)
            return
        except (Halted, Unproven, TransferError, RailError) as trouble:
            _put_off(lease, trouble)
        except Exception as surprise:  # One broken transfer must not stop the others: logged, kept, alerted on.
            log.exception("step of transfer %s broke", lease.transfer_id)
            _put_off(lease, surprise)
        crashpoint("drive.before_release")
        _release(lease, claimed)


def _take_steps(lease: Lease, claimed: Transfer) -> None:
    """The row `claimed` is as its claim left it, lease and all: its first step needs no look."""
    for number in range(STEPS_AT_ONCE):
        step = next_step(claimed) if number == 0 else _due_step(lease)
        if step is None:
            return
        step(lease)


def _due_step(lease: Lease) -> Step | None:
    """The next step, with the lease renewed for it; None when nothing is due now, or somebody else has the transfer."""
    due = _renewed(lease)
    return None if due is None else next_step(due)


def _renewed(lease: Lease) -> Transfer | None:
    """The transfer as it stands, while it is due and ours."""
    values = {"id": lease.transfer_id, "fence": lease.fence, "lease": LEASE.total_seconds(), "now": clock.now()}
    return next(iter(Transfer.objects.raw(_RENEW, values)), None)


def _put_off(lease: Lease, trouble: Exception) -> None:
    """Write the reason on the row and set the next try. A halt is no failure: the transfer waits, in words, and is looked at
    soon."""
    try:
        with transaction.atomic():
            transfer = locks.leased(lease)
            if isinstance(trouble, Halted):
                moves.set_columns(transfer, stopped_by=trouble.sentence, due_at=clock.now() + HALT_RECHECK)
            elif isinstance(trouble, Unproven):
                _refuse_to_act(transfer, trouble)
            elif isinstance(trouble, Conflict):
                moves.set_columns(transfer, due_at=clock.now() + timedelta(seconds=FIRST_PAUSE_S), last_error=words_of(trouble))
            elif is_driven(transfer):
                # What broke after a step had ended it needs no other try: it is in the log.
                pause = backoff(transfer.attempts)
                moves.set_columns(
                    transfer,
                    attempts=transfer.attempts + 1,
                    last_error=words_of(trouble),
                    due_at=clock.now() + pause,
                    stopped_by="",
                )
    except LeaseLost as lost:
        log.info("left transfer %s to its new holder: %s", lease.transfer_id, lost)


def _refuse_to_act(transfer: Transfer, trouble: Unproven) -> None:
    words = f"authority_broken: {trouble}"
    if transfer.stopped_by != words:
        record(
            type="transfer.authority_broken",
            resource_type="transfer",
            resource_id=str(transfer.id),
            outcome="refused",
            reason=str(trouble),
            transaction_id=transfer.id,
        )
    moves.set_columns(transfer, stopped_by=words, due_at=clock.now() + PROOF_RECHECK)


def words_of(trouble: Exception) -> str:
    """One line for the row, its first word the code in the failure catalogue. Of errors that are not ours only the kind is kept."""
    if isinstance(trouble, TransferError | RailError):
        if isinstance(trouble, Refused | Waiting | Walled | NodesDisagree):
            return f"{trouble.code}: {trouble}"
        code = rail_code(trouble) if isinstance(trouble, RailError) else ""
        return f"{code}: {trouble}" if code else str(trouble)
    return f"unexpected {type(trouble).__name__}; see the log"


def backoff(attempts: int) -> timedelta:
    """1, 2, 4 ... 60 seconds, each between half and all of it, so that what failed together does not come back together."""
    longest = min(FIRST_PAUSE_S * 2 ** min(attempts, 10), LONGEST_PAUSE_S)
    return timedelta(seconds=_chance.uniform(longest / 2, longest))


def _release(lease: Lease, claimed: Transfer | None) -> None:
    """Give the lease back, unless somebody else has it by now. What is still due as it was when it was claimed has not moved, and
    would be claimed again and again before everything else: it waits, and where nothing is the driver's to do, for good."""
    due_at, version, later = None, None, None
    if claimed is not None:
        due_at, version = claimed.due_at, claimed.version
        later = clock.now() + timedelta(seconds=FIRST_PAUSE_S) if is_driven(claimed) else None
    seen = {"later": later, "id": lease.transfer_id, "fence": lease.fence, "due_at": due_at, "version": version}
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, seen)
