"""Lists by keyset. A cursor is the position of the last row shown, so rows that arrive meanwhile neither repeat nor hide one."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from transfers.api.problems import Problem, ProblemRaised
from transfers.models import Transfer, TransferEvent
from transfers.outbox.vocabulary import CLIENT_EVENTS
from transfers.states import Status

_FILTERS = {
    "status": "status",
    "corridor": "corridor_id",
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
    "reference": "client_reference",
}
# Of an internal transfer the receiver hears when the money is in its balance, and not before.
ARRIVED = (Status.CONFIRMED, Status.RECONCILED)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`next_cursor` is None on the last page, but for the feed of events, which says by `more` whether it was the last."""

    rows: list[Row]
    next_cursor: str | None
    more: bool = False


def transfers_of(client_id: str, query: Mapping[str, Any]) -> Page[Transfer]:
    """One page of the client's transfers, newest first; `query` as ListTransfers gives it. Raises ProblemRaised (400)."""
    filters = {column: query[name] for name, column in _FILTERS.items() if name in query}
    return _newest_first(Transfer.objects.filter(client_id=client_id, **filters), query)


def received_by(client_id: str, query: Mapping[str, Any]) -> Page[Transfer]:
    """What other clients have paid into the client's balance, newest first: only what has arrived. Raises ProblemRaised (400)."""
    return _newest_first(Transfer.objects.filter(receiver_id=client_id, status__in=ARRIVED).select_related("client"), query)


def _newest_first(rows: QuerySet[Transfer], query: Mapping[str, Any]) -> Page[Transfer]:
    if cursor := query.get("cursor"):
        created_at, row_id = _position(cursor)
        # The first condition alone lets the index begin there instead of at the newest.
        rows = rows.filter(created_at__lte=created_at).filter(Q(created_at__lt=created_at) | Q(id__lt=row_id))
    limit = int(query["limit"])
    found = list(
        rows.select_related("quote", "named_quote", "source_asset", "target_asset").order_by("-created_at", "-id")[: limit + 1]
    )
    shown = found[:limit]
    more = len(found) > limit
    return Page(shown, encode([shown[-1].created_at.isoformat(), str(shown[-1].pk)]) if more else None)


def events_of(transfer: Transfer, query: Mapping[str, Any]) -> Page[TransferEvent]:
    """Events of one transfer that a client hears of, oldest first, by their number."""
    rows = TransferEvent.objects.filter(transfer=transfer, type__in=CLIENT_EVENTS).order_by("seq")
    if cursor := query.get("cursor"):
        rows = rows.filter(seq__gt=_number(cursor))
    limit = int(query["limit"])
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return Page(shown, encode([shown[-1].seq]) if len(found) > limit else None)


def encode(position: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(cursor: str) -> list[Any]:
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise foreign() from None
    if not isinstance(position, list):
        raise foreign()
    return position


def _position(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, row_id = decode(cursor)
        moment = datetime.fromisoformat(created_at)
        position = moment, UUID(row_id)
    except (ValueError, TypeError, AttributeError):
        raise foreign() from None
    if moment.tzinfo is None:
        raise foreign()
    return position


def _number(cursor: str) -> int:
    match decode(cursor):
        case [int(seq)] if 0 <= seq < 2**31:
            return seq
    raise foreign()


def foreign() -> ProblemRaised:
    return ProblemRaised(Problem(400, "invalid_cursor", "Send a `next_cursor` of this list, unchanged."))
