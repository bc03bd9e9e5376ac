"""Transfers that nobody looks after as they should: what the alert rules and the sweep ask this floor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from approvals.models import ApprovalRequest
from audit import clock
from transfers.models import Transfer, TransferEvent
from transfers.states import MoneyState, Route, Status


@dataclass(frozen=True, slots=True)
class Overdue:
    """`since` is when its present wait began: when it entered the state or, if later, when the people had decided."""

    transfer_id: UUID
    reference: str
    client_id: str
    status: str
    since: datetime
    deadline_at: datetime | None
    last_error: str
    stopped_by: str


def overdue(
    *, route: Route, status: Status, waits_for_people: bool, limit: int, longest: timedelta | None = None
) -> tuple[list[Overdue], int]:
    """Those on `route` that should have left `status` by now: the `limit` that wait longest first, and how many there are.

    Their stored deadline decides, also which has waited longest; `longest` takes its place in a drill."""
    decided_at = Coalesce("approval_request__decided_at", "state_entered_at")
    waiting = _waiting(route, status, waits_for_people=waits_for_people).annotate(since=Greatest("state_entered_at", decided_at))
    late = Q(deadline_at__lt=clock.now()) if longest is None else Q(since__lt=clock.now() - longest)
    found = waiting.filter(late)
    rows = found.order_by("deadline_at" if longest is None else "since", "id")[:limit]
    names = ("id", "reference", "client_id", "status", "since", "deadline_at", "last_error", "stopped_by")
    listed = [Overdue(*row) for row in rows.values_list(*names)]
    return listed, found.count() if len(listed) == limit else len(listed)


def left_behind(*, longer_than: timedelta, limit: int) -> list[UUID]:
    """Transfers that have been due for longer than this, the longest first: whoever should have driven them did not."""
    due = Transfer.objects.filter(due_at__lt=clock.now() - longer_than).order_by("due_at")
    return list(due.values_list("id", flat=True)[:limit])


def in_disagreement() -> list[tuple[UUID, str, str]]:
    """Transfers about which the nodes contradict each other now: id, reference, and what they say. The longest first."""
    told = (Status.CREATED, Status.SENT_ON_CHAIN, Status.DROPPED, Status.REORGED, Status.CONFIRMED, Status.FIAT_SETTLED)
    found = Transfer.objects.filter(status__in=told, last_error__startswith="nodes_disagree").order_by("state_entered_at")
    return list(found.values_list("id", "reference", "last_error")[:100])


def taken_back_unproved(*, longer_than: timedelta, limit: int) -> list[Transfer]:
    """About which a node has said for so long, and not every one, that its block is gone. The longest first."""
    told = TransferEvent.objects.filter(transfer=OuterRef("pk"), type="transfer.reorg_unproved").order_by("-seq")
    doubtful = Transfer.objects.filter(last_error__startswith="reorg_unproved", status__in=(Status.CONFIRMED, Status.FIAT_SETTLED))
    since = doubtful.annotate(told_at=Subquery(told.values("occurred_at")[:1])).filter(told_at__lt=clock.now() - longer_than)
    return list(since.order_by("told_at")[:limit])


def watch_broken(limit: int) -> list[Transfer]:
    """Confirmed ones at whose block we cannot look, since something breaks on our side. The longest first."""
    found = Transfer.objects.filter(last_error__startswith="watch_broken", status__in=(Status.CONFIRMED, Status.FIAT_SETTLED))
    return list(found.order_by("state_entered_at")[:limit])


def taken_back_after_payout(limit: int) -> list[Transfer]:
    """Whose tokens' way to the partner is gone from the chain, though the bank was ordered to pay. The longest first."""
    told = TransferEvent.objects.filter(
        transfer=OuterRef("pk"), type="transfer.payment_in_doubt", data__code="reorged_after_payout"
    )
    since_payment = (Status.SENT_ON_CHAIN, Status.CONFIRMED, Status.FIAT_SETTLED)
    doubtful = Transfer.objects.filter(money_state=MoneyState.EXCEPTION, status__in=since_payment)
    return list(doubtful.filter(Exists(told)).order_by("state_entered_at")[:limit])


def statuses(transfer_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where each of these stands now."""
    return dict(Transfer.objects.filter(pk__in=transfer_ids).values_list("id", "status"))


def _waiting(route: Route, status: Status, *, waits_for_people: bool) -> QuerySet[Transfer]:
    in_state = Transfer.objects.filter(route=route, status=status)
    pending = ApprovalRequest.Status.PENDING
    if waits_for_people:
        in_state = in_state.filter(approval_request__status=pending)
    elif status is Status.CREATED:
        in_state = in_state.exclude(approval_request__status=pending)
    return in_state
