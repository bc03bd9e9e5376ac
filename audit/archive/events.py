"""When a month of the audit trail may go: when the seal holds every event of it, so nothing can be changed while it is
away, and what it tells of the books went before."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from audit.archive import steps, vouching
from audit.archive.months import attached_months, begins, ends
from audit.archive.registry import ArchivedTable, tables

_UNSEALED = """
    SELECT count(*) FROM audit_event AS event
     WHERE recorded_at >= %s AND recorded_at < %s
       AND NOT EXISTS (SELECT FROM audit_leaf AS leaf WHERE (leaf.recorded_at, leaf.event_id) = (event.recorded_at, event.id))
"""
_UNSIGNED = """
    SELECT count(*) FROM audit_leaf
     WHERE recorded_at >= %s AND recorded_at < %s AND index >= (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
"""


def blockers(month: date) -> Iterator[str]:
    for other in tables():
        # What is attached is proved by what the trail of its time tells.
        if other.name != EVENTS.name and month in attached_months(other):
            yield f"{other.name} of {month:%Y-%m} is attached, and goes first"
    if unsealed := steps.run(_UNSEALED, begins(month), ends(month))[0][0]:
        yield f"{unsealed} events are not sealed yet: is the sealer running?"
    if unsigned := steps.run(_UNSIGNED, begins(month), ends(month))[0][0]:
        yield f"{unsigned} events are in no signed checkpoint yet"


def drop_blockers(month: date) -> Iterator[str]:
    yield from vouching.blockers(EVENTS, month)


def sealed(month: date) -> dict[str, Any]:
    return {"vouched": vouching.vouched(month)}


EVENTS = ArchivedTable(
    name="audit_event",
    key="recorded_at",
    ensure="audit_ensure_event_partitions",
    retention="audit_trail",
    blockers=blockers,
    drop_blockers=drop_blockers,
    sealed=sealed,
)
