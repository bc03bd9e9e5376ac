"""One event with everything it says, and what happened around it."""

from dataclasses import dataclass

from audit import queries
from audit.models import AuditEvent
from backoffice.console.audit.changes import Change, Said, changes, said
from backoffice.console.audit.explorer import Row, rows

# On a phone ten lines before and after are already a long way to scroll.
_EACH_SIDE = 8


@dataclass(frozen=True, slots=True)
class Story:
    row: Row
    changes: list[Change]
    said: list[Said]
    around: list[Row]


def story(event: AuditEvent) -> Story:
    around = rows(queries.neighbours(event, each_side=_EACH_SIDE))
    row = next(one for one in around if one.event.id == event.id)
    return Story(row, changes(event.diff, event.metadata), said(event.metadata), around)
