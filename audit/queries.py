"""Reading the trail: newest first, filtered, page by page with a cursor that stays put while new events arrive."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit.models import AuditEvent

MAX_PAGE = 500


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
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Events that match every given filter, newest first. `after` is the `next_cursor` of the page before. Raises BadCursor."""
    wanted: dict[str, Any] = {
        "resource_type": resource_type,
        "resource_id": resource_id,
        "actor_id": actor_id,
        "type": type,
        "correlation_id": correlation_id,
        "transaction_id": transaction_id,
    }
    rows = AuditEvent.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    if after is not None:
        recorded_at, event_id = _decode(after)
        # The first condition alone lets PostgreSQL skip whole partitions and start inside the index.
        rows = rows.filter(recorded_at__lte=recorded_at).filter(Q(recorded_at__lt=recorded_at) | Q(id__lt=event_id))
    size = max(1, min(limit, MAX_PAGE))
    found = list(rows.order_by("-recorded_at", "-id")[: size + 1])
    page = found[:size]
    return Page(page, _encode(page[-1]) if len(found) > size else None)


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
