"""Taking snapshots: the question is put to books that are closed up to its moment, and the answer is kept with its hash."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import transaction

from audit.commands import record_refusal
from audit.context import current
from audit.queries import events
from ledger.commands.carries import next_month
from ledger.errors import PeriodNotClosed, SnapshotDiffers
from ledger.exports.content import moment
from ledger.gateway import answer_of, wait_until_closed
from ledger.models import Period
from ledger.queries.rows import database_now
from ledger.queries.snapshots import Snapshot, closed_months_without, snapshot
from ledger.queries.times import TimeBasis
from ledger.snapshots.asked import Question, SnapshotKind
from ledger.snapshots.content import answer


def take_snapshot(
    *,
    kind: SnapshotKind,
    at: datetime,
    by: TimeBasis = TimeBasis.BOOKED,
    known_at: datetime | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Snapshot:
    """Keep what the books say as of `at`. Taken before, it is reckoned anew, found equal, and the first one returned.

    By value or settlement time later postings may still count before `at`; `known_at` (now, when it is not given) says up to which
    booking they do. Takes no open transaction, since it waits for postings in flight. Raises SnapshotDiffers, which is recorded,
    when the books say something else than they did; BadQuestion, MomentNotOver, StillPosting, UnknownAccount, StatementTooLong.
    """
    known = at if by is TimeBasis.BOOKED and known_at is None else known_at or database_now()
    asked = Question(kind=kind, at=at, by=by, known_at=known, parameters=dict(parameters or {}))
    wait_until_closed(asked.known_at)
    content = answer(asked)
    try:
        return snapshot(_keep(asked, content.data.decode()))
    except SnapshotDiffers as error:
        _tell(error)
        raise


def snapshot_month(*, month: date) -> list[Snapshot]:
    """What closing a month leaves: the trial balance at its end, by booking and by value time as known when it was closed.

    Call it after the closing has committed. Repeating it proves that nothing changed. Raises PeriodNotClosed, SnapshotDiffers.
    """
    first = month.replace(day=1)
    period = Period.objects.filter(month=first, status=Period.Status.CLOSED).first()
    if period is None:
        raise PeriodNotClosed(first.isoformat())
    end = next_month(datetime(first.year, first.month, 1, tzinfo=UTC))
    booked = take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=end)
    valued = take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=end, by=TimeBasis.VALUE, known_at=period.closed_at)
    return [booked, valued]


def snapshot_closed_months() -> list[date]:
    """Take what closed months lack; returns those months. For the upkeep: a process that died after closing one is made up for."""
    missing = closed_months_without()
    for month in missing:
        snapshot_month(month=month)
    return missing


@transaction.atomic(durable=True)
def _keep(asked: Question, content: str) -> UUID:
    request = {
        "kind": asked.kind.value,
        "basis": asked.by.value,
        "at": moment(asked.at),
        "known_at": moment(asked.known_at),
        "parameters": asked.parameters,
        "content": content,
        "by": current().actor.id,
    }
    return UUID(answer_of("ledger_keep_snapshot", request)["id"])


def _tell(error: SnapshotDiffers) -> None:
    """Once for each thing the books say instead: the upkeep asks again every minute."""
    told = events(type="ledger.snapshot_differs", resource_type="snapshot", resource_id=error.snapshot_id, limit=1).rows
    if told and told[0].metadata.get("now") == error.now:
        return
    record_refusal(
        type="ledger.snapshot_differs",
        resource_type="snapshot",
        resource_id=error.snapshot_id,
        reason=str(error),
        metadata={"kept": error.kept, "now": error.now},
    )
