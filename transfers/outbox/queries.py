"""What pages and alerts ask about addresses and messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Least, Now

from transfers.models import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from transfers.outbox.replay import NOT_TAKEN
from transfers.outbox.switching import State, Status, Why
from transfers.outbox.vocabulary import CLIENT_EVENTS
from transfers.states import IN_FILES, SINGLE


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one address: what waits, and what was not taken."""

    waiting: int = 0
    untaken: int = 0


def endpoints_of(client_ids: Sequence[str], *, removed: bool = False) -> QuerySet[WebhookEndpoint]:
    """Of these clients, those that need somebody first."""
    rows = WebhookEndpoint.objects.filter(client_id__in=client_ids).select_related("client")
    rows = rows if removed else rows.filter(deleted_at=None)
    return rows.order_by("status", "-failures", "client_id", "created_at")


def tallies(endpoint_ids: Sequence[UUID]) -> dict[UUID, Tally]:
    """Those with nothing open are left out. Two questions, since each has an index that holds nothing else."""
    waiting, untaken = _count(endpoint_ids, [State.PENDING]), _count(endpoint_ids, NOT_TAKEN)
    return {one: Tally(waiting.get(one, 0), untaken.get(one, 0)) for one in waiting.keys() | untaken.keys()}


def _count(endpoint_ids: Sequence[UUID], states: Sequence[str]) -> dict[UUID, int]:
    rows = WebhookDelivery.objects.filter(endpoint_id__in=endpoint_ids, state__in=states).order_by()
    return dict(rows.values_list("endpoint_id").annotate(Count("id")))


def deliveries_of(
    endpoint: WebhookEndpoint, *, states: Sequence[str] = (), before: UUID | None = None
) -> QuerySet[WebhookDelivery]:
    """The newest first; `before` is the last one of the page before."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-created_at", "-id")
    if states:
        rows = rows.filter(state__in=states)
    last = WebhookDelivery.objects.filter(pk=before, endpoint=endpoint).first() if before else None
    if last is None:
        return rows
    return rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.pk))


def attempts_of(delivery: WebhookDelivery) -> list[WebhookAttempt]:
    """The newest first."""
    return list(WebhookAttempt.objects.filter(delivery=delivery).order_by("-number"))


def told_of(transfer_id: UUID) -> list[tuple[OutboxEvent, list[WebhookDelivery]]]:
    """What the client was told of a transfer, newest first, with what became of each message."""
    own = OutboxEvent.objects.filter(transfer_id=transfer_id, client_id=F("transfer__client_id"), type__in=CLIENT_EVENTS)
    events = list(own.defer("body").order_by("-seq"))
    deliveries: dict[UUID, list[WebhookDelivery]] = {}
    rows = (
        WebhookDelivery.objects.filter(event__in=[event.pk for event in events]).select_related("endpoint").order_by("created_at")
    )
    for row in rows:
        deliveries.setdefault(row.event_id, []).append(row)
    return [(event, deliveries.get(event.pk, [])) for event in events]


def failing(longer_than: timedelta) -> list[WebhookEndpoint]:
    """Addresses that have taken nothing for so long, and those that were switched off for it; the longest first."""
    trouble = Q(status=Status.ENABLED, failing_since__lt=Now() - longer_than) | Q(
        status=Status.DISABLED, disabled_by__in=(Why.FAILURES, Why.GONE)
    )
    return list(WebhookEndpoint.objects.filter(trouble, deleted_at=None).select_related("client").order_by("failing_since", "id"))


def oldest_untold() -> datetime | None:
    """Since when the oldest event waits to be dispatched, or the oldest message that could be sent to be tried."""
    event = OutboxEvent.objects.filter(dispatched_at=None).aggregate(at=Min("recorded_at"))["at"]
    well = WebhookEndpoint.objects.filter(
        Q(paused_until=None) | Q(paused_until__lt=Now()), status=Status.ENABLED, deleted_at=None, failures=0
    )
    due = well.aggregate(at=Min(Least(_first_due(SINGLE), _first_due(IN_FILES))))["at"]
    found = [at for at in (event, due) if at is not None]
    return min(found, default=None)


def _first_due(priority: int) -> Subquery:
    """When the first message of an address could have been sent. The order is that of the index: one row is read."""
    due = WebhookDelivery.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=Now()),
        endpoint=OuterRef("pk"),
        priority=priority,
        state=State.PENDING,
        next_try_at__lt=Now(),
    )
    return Subquery(due.order_by("next_try_at", "id").values("next_try_at")[:1])
