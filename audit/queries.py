"""Reading the trail: newest first, filtered, page by page with a cursor that stays put while new events arrive."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from audit.context import current
from audit.models import AuditEvent

MAX_PAGE = 500
_MOST_EACH_SIDE = 50
# An id carries the time at which it was made; the row is written within moments of it, save in a very long transaction.
_ID_IS_CLOSE = (timedelta(seconds=2), timedelta(hours=1))
_RESOURCE_TYPES = """
    WITH RECURSIVE kind (name) AS (
        SELECT min(resource_type) FROM audit_event
         UNION ALL
        SELECT (SELECT min(resource_type) FROM audit_event WHERE resource_type > kind.name) FROM kind WHERE kind.name IS NOT NULL
    )
    SELECT name FROM kind WHERE name IS NOT NULL ORDER BY name
"""


class BadCursor(ValueError):
    """The cursor was not one of ours."""


@dataclass(frozen=True, slots=True)
class Page:
    """`next_cursor` is None on the last page."""

    rows: list[AuditEvent]
    next_cursor: str | None


def events(
    *,
    resource_type: str | None = None,
    resource_id: str | None = None,
    actor_id: str | None = None,
    type: str | None = None,
    correlation_id: str | None = None,
    transaction_id: UUID | None = None,
    outcome: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Events that match every given filter, newest first; recorded from `since` up to, not including, `until`.

    `after` is the `next_cursor` of the page before. Raises BadCursor.
    """
    wanted: dict[str, Any] = {
        "resource_type": resource_type,
        "resource_id": resource_id,
        "actor_id": actor_id,
        "type": type,
        "correlation_id": correlation_id,
        "transaction_id": transaction_id,
        "outcome": outcome,
        "recorded_at__gte": since,
        "recorded_at__lt": until,
    }
    if resource_id is not None and resource_type is None:
        # The index is by kind first: naming every kind there is lets an id alone use it.
        wanted["resource_type__in"] = resource_types()
    rows = AuditEvent.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    if after is not None:
        recorded_at, event_id = _decode(after)
        # The first condition alone lets PostgreSQL skip whole partitions and start inside the index.
        rows = rows.filter(recorded_at__lte=recorded_at).filter(Q(recorded_at__lt=recorded_at) | Q(id__lt=event_id))
    size = max(1, min(limit, MAX_PAGE))
    found = list(rows.order_by("-recorded_at", "-id")[: size + 1])
    page = found[:size]
    return Page(page, _encode(page[-1]) if len(found) > size else None)


def event(event_id: UUID) -> AuditEvent | None:
    """The event of that id. The time inside the id says where to look first, since rows are kept by month and time."""
    made_at = _made_at(event_id)
    if made_at is not None:
        for span in _ID_IS_CLOSE:
            near: AuditEvent | None = AuditEvent.objects.filter(
                recorded_at__range=(made_at - span, made_at + span), id=event_id
            ).first()
            if near is not None:
                return near
    found: AuditEvent | None = AuditEvent.objects.filter(id=event_id).first()
    return found


def refusal_is_kept() -> bool:
    """Whether what was recorded as refused in the bound context stands: a rollback takes an event back with all else."""
    return any(event(event_id) is not None for event_id in current().refusals)


def neighbours(event: AuditEvent, *, each_side: int = 10) -> list[AuditEvent]:
    """What the same conversation recorded just before and after `event`, oldest first, `event` among it."""
    size = max(1, min(each_side, _MOST_EACH_SIDE))
    conversation = AuditEvent.objects.filter(correlation_id=event.correlation_id)
    here = Q(recorded_at=event.recorded_at)
    before = conversation.filter(recorded_at__lte=event.recorded_at).exclude(here & Q(id__gte=event.id))
    after = conversation.filter(recorded_at__gte=event.recorded_at).exclude(here & Q(id__lte=event.id))
    earlier = list(before.order_by("-recorded_at", "-id")[:size])
    return [*reversed(earlier), event, *after.order_by("recorded_at", "id")[:size]]


def resource_types() -> list[str]:
    """The kinds of things that the trail tells of, in order: hops from one to the next in the index, however many events."""
    with connection.cursor() as cursor:
        cursor.execute(_RESOURCE_TYPES)
        return [name for (name,) in cursor.fetchall()]


def _made_at(event_id: UUID) -> datetime | None:
    """The time inside a UUIDv7; None when the id is none or its time is no time."""
    if event_id.version != 7:
        return None
    try:
        return datetime.fromtimestamp((event_id.int >> 80) // 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _encode(event: AuditEvent) -> str:
    return base64.urlsafe_b64encode(json.dumps([event.recorded_at.isoformat(), str(event.id)]).encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        recorded_at, event_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment, identity = datetime.fromisoformat(recorded_at), UUID(event_id)
    except (binascii.Error, ValueError, TypeError, AttributeError) as error:
        raise BadCursor("this page link is damaged; start again from the first page") from error
    if moment.tzinfo is None:
        raise BadCursor("this page link is damaged; start again from the first page")
    return moment, identity
