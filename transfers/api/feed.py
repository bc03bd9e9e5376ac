"""The feed of a client's events, in the order in which they were committed.

A cursor is a position in that order, and nothing above the horizon is shown: whoever reads on from a cursor misses no event,
however late its transaction committed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from transfers.api.listing import Page, decode, encode, foreign
from transfers.models import OutboxEvent
from transfers.outbox.dispatch import BELOW_HORIZON
from transfers.outbox.vocabulary import CLIENT_EVENTS

Position = tuple[int, int, UUID]
_AFTER = "(transfers_outboxevent.epoch, transfers_outboxevent.txid, transfers_outboxevent.id) > (%s, %s, %s)"


def feed_of(client_id: str, query: Mapping[str, Any]) -> Page[OutboxEvent]:
    """Oldest first. `next_cursor` is set on the last page too. Raises ProblemRaised (400) for a cursor that is not ours."""
    rows = OutboxEvent.objects.filter(client_id=client_id, type__in=CLIENT_EVENTS)
    rows = rows.extra(where=[BELOW_HORIZON.format("transfers_outboxevent")])  # noqa: S610 - the horizon is ours
    after = query.get("after")
    if after:
        rows = rows.extra(where=[_AFTER], params=list(_position(client_id, after)))  # noqa: S610 - values are parameters
    limit = int(query["limit"])
    found = list(rows.defer("body").order_by("epoch", "txid", "id")[: limit + 1])
    shown = found[:limit]
    return Page(shown, _cursor(shown[-1]) if shown else after, len(found) > limit)


def _cursor(event: OutboxEvent) -> str:
    return encode([event.epoch, event.txid, str(event.pk)])


def _position(client_id: str, after: str) -> Position:
    """Of a cursor, or of one of the client's own events by its id."""
    if (event_id := _uuid(after)) is not None:
        event = OutboxEvent.objects.filter(pk=event_id, client_id=client_id).first()
        if event is None:
            raise foreign()
        return event.epoch, event.txid, event.pk
    match decode(after):
        case [int(epoch), int(txid), str(text)] if 0 <= epoch < 2**31 and 0 <= txid < 2**63 and (found := _uuid(text)):
            return epoch, txid, found
    raise foreign()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
