"""The entries behind one figure of revenue or expense; those of clients that the operator does not see are passed over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from backoffice.console.ledger.intervals import Interval
from backoffice.console.ledger.revenue import CLIENT, query
from backoffice.console.parts import Paging
from ledger import queries
from ledger.queries import Behind, EntryBehind

PAGE = 50
# A page that passes rows over reads on at most so often to be full.
_MOST_ROUNDS = 5
_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Which figure: the interval, the group and its value, the asset; `clients` may be seen, None for all of them."""

    interval: Interval
    group: str
    value: str
    asset_id: str | None
    clients: Sequence[str] | None

    @property
    def where(self) -> Mapping[str, str]:
        return {self.group: self.value}

    @property
    def is_seen(self) -> bool:
        """False for the figure of a client that the operator does not see."""
        return self.group != CLIENT or self.clients is None or self.value in ("", *self.clients)

    def query(self) -> str:
        return query(self.interval, self.group, self.value, self.asset_id or "")


def page(drill: Drill, after: str) -> tuple[list[EntryBehind], Paging]:
    """Newest first. An old or cut page link starts again from the newest."""
    try:
        found = _page(drill, after)
    except queries.BadCursor:
        found, after = _page(drill, ""), ""
    following = f"?{drill.query()}&{urlencode({'after': found.next_cursor})}" if found.next_cursor else ""
    return found.rows, Paging(len(found.rows), "entries", f"?{drill.query()}" if after else "", following)


def every(drill: Drill) -> Iterator[EntryBehind]:
    """All of them, newest first, read in batches: for exports."""
    after: str | None = None
    while True:
        found = _read(drill, after, _EVERY)
        yield from _seen(drill, found.rows)
        after = found.next_cursor
        if after is None:
            return


def _page(drill: Drill, after: str) -> Behind:
    rows: list[EntryBehind] = []
    cursor: str | None = after or None
    for _ in range(_MOST_ROUNDS):
        found = _read(drill, cursor, PAGE - len(rows))
        rows += _seen(drill, found.rows)
        cursor = found.next_cursor
        if cursor is None or len(rows) >= PAGE:
            break
    return Behind(rows, cursor)


def _read(drill: Drill, after: str | None, limit: int) -> Behind:
    asked = drill.interval
    return queries.postings_behind(
        since=asked.since, until=asked.until, by=asked.by, where=drill.where, asset_id=drill.asset_id, after=after, limit=limit
    )


def _seen(drill: Drill, rows: list[EntryBehind]) -> list[EntryBehind]:
    if drill.clients is None:
        return rows
    return [row for row in rows if row.dimensions.get(CLIENT, "") in ("", *drill.clients)]
