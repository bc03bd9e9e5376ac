"""One page of the trail, as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from audit import queries
from audit.models import AuditEvent
from backoffice.console.audit import links, words
from backoffice.console.audit.filters import TrailFilterForm
from backoffice.console.audit.seals import Seal, seals
from backoffice.console.parts import Paging

PAGE = 50
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """`about` is what people call the thing that the event is about, `page` leads to it, empty where it has none; `seal` says
    whether it is in the log."""

    event: AuditEvent
    title: str
    floor: str
    about: str
    page: str
    seal: Seal


@dataclass(frozen=True, slots=True)
class Listed:
    rows: list[Row]
    paging: Paging


def listed(form: TrailFilterForm, after: str) -> Listed:
    """Newest first. A filter that makes no sense finds nothing; an old or cut page link starts again from the newest."""
    if not form.is_valid():
        return Listed([], Paging(0, "events"))
    given = form.given()
    try:
        page = queries.events(**form.wanted(), after=after or None, limit=PAGE)
    except queries.BadCursor:
        page, after = queries.events(**form.wanted(), limit=PAGE), ""
    return Listed(rows(page.rows), paging(given, page, after))


def rows(events: Sequence[AuditEvent]) -> list[Row]:
    sealed = seals(events)
    return [
        Row(event, words.title(event.type), words.floor(event.type), _about(event), links.page_of(event), sealed[event.id])
        for event in events
    ]


def _about(event: AuditEvent) -> str:
    """A posting goes by its reference."""
    reference = event.metadata.get("reference") if event.resource_type == "ledger_transaction" else ""
    return str(reference or event.resource_id)


def paging(given: dict[str, str], page: queries.Page, after: str) -> Paging:
    return Paging(
        shown=len(page.rows),
        noun="events",
        first_url=f"?{urlencode(given)}" if after else "",
        next_url=f"?{urlencode(given | {'after': page.next_cursor})}" if page.next_cursor else "",
    )


def every(wanted: dict[str, Any]) -> Iterator[AuditEvent]:
    """All that match, newest first, read in batches: for exports."""
    after = None
    while True:
        page = queries.events(**wanted, after=after, limit=_BATCH)
        yield from page.rows
        after = page.next_cursor
        if after is None:
            return
