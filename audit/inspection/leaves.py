"""Every leaf, recomputed from its event, in the order of the log; and the events that have none although their turn is over.

Events of archived months are looked up in the archive, and of months that were dropped those that were kept. The others are in
files elsewhere: their leaves count, and how many there are is said.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit.archive.events import EVENTS
from audit.archive.months import ArchivedMonth, archived_months
from audit.archive.sources import everywhere
from audit.inspection.findings import Report
from audit.sealing import leaf
from audit.sealing.store import read_log
from audit.sealing.tree import leaf_hash

CHUNK = 50_000
_ROWS = f"""
SELECT l.index, encode(l.hash, 'hex'), l.event_id, to_char(l.recorded_at, 'YYYY-MM'), {leaf.SELECTED}
  FROM audit_leaf l LEFT JOIN {{events}} AS e ON (e.recorded_at, e.id) = (l.recorded_at, l.event_id)
 WHERE l.index >= %(start)s AND l.index < %(end)s ORDER BY l.index
"""  # noqa: S608 - the columns of the format
_BEHIND = """
SELECT e.id::text, e.recorded_at::text, count(*) OVER () FROM {events} AS e
 WHERE ((e.cluster_epoch, e.txid) < (%(epoch)s, %(txid)s)
        OR ((e.cluster_epoch, e.txid) = (%(epoch)s, %(txid)s)
            AND (e.recorded_at, e.id) <= (%(recorded_at)s::timestamptz, %(id)s::uuid)))
   AND NOT EXISTS (SELECT FROM audit_leaf l WHERE (l.recorded_at, l.event_id) = (e.recorded_at, e.id))
 ORDER BY e.recorded_at, e.id LIMIT 1000
"""


def hashes(report: Report, size: int) -> Iterator[list[bytes]]:
    """The leaf hashes as they are stored, chunk by chunk, after comparing each with the event it stands for."""
    query, away = _ROWS.format(events=everywhere()), _Away(report)
    for start in range(0, size, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            leaf.fix_format(cursor)
            rows = leaf.copy_rows(cursor, query, {"start": start, "end": min(start + CHUNK, size)})
            found = [_compared(report, away, row) for row in rows]
        report.events += len(found)
        if len(found) < min(CHUNK, size - start):
            report.add("events", f"leaves from {start}", f"only {len(found)} are there: others were taken away")
        yield found
    away.close()


class _Away:
    """Months of events that went to a file, their rows given up or not, and how many leaves stand for each."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._months = {month.month.strftime("%Y-%m"): month for month in archived_months(EVENTS) if month.is_away}
        self._leaves: Counter[str] = Counter()
        self._in_files: Counter[str] = Counter()

    def count(self, month: str) -> None:
        if month in self._months:
            self._leaves[month] += 1

    def is_in_file(self, month: str) -> bool:
        """Whether an event of that month that is nowhere else is in a file; it is counted as such."""
        dropped = month in self._months and self._months[month].action == "dropped"
        self._in_files[month] += dropped
        return dropped

    def close(self) -> None:
        for month, kept in self._months.items():
            self._compare(month, kept)

    def _compare(self, month: str, kept: ArchivedMonth) -> None:
        away = self._leaves[month]
        if kept.action == "dropped":
            self._report.notes.append(f"{self._in_files[month]} sealed events of {month} are in {kept.file} alone")
        if away != kept.rows:
            self._report.add("events", f"month {month}", f"{kept.rows} events went to the file, and {away} leaves stand for such")


def _compared(report: Report, away: _Away, row: bytes) -> bytes:
    index, stored, event_id, month, entry = row.split(b"\t", 4)
    found = bytes.fromhex(stored.decode())
    away.count(month.decode())
    if entry.startswith(b"\\N\t"):
        if not away.is_in_file(month.decode()):
            report.add("events", f"leaf {index.decode()}", f"event {event_id.decode()} was sealed and is gone")
    elif leaf_hash(entry) != found:
        report.add(
            "events", f"leaf {index.decode()}", f"event {event_id.decode()} is not what was sealed: it or its leaf was changed"
        )
    return found


def behind(report: Report) -> None:
    """Events that stand where everything is sealed, without a leaf: put there afterwards, or their leaf was taken away."""
    with transaction.atomic(), connection.cursor() as cursor:
        leaf.fix_format(cursor)
        after = read_log(cursor).horizon
        recorded_at, event_id = after.cut or (None, None)
        query = _BEHIND.format(events=everywhere())
        cursor.execute(query, {"epoch": after.epoch, "txid": after.txid, "recorded_at": recorded_at, "id": event_id})
        for identity, time, _ in cursor.fetchall():
            report.add("unsealed", f"event {identity}", f"recorded at {time} where everything is sealed, and has no leaf")


def late(report: Report, most_s: int) -> None:
    """The trail went on for longer than `most_s` seconds after the oldest event without a seal: nobody seals."""
    with connection.cursor() as cursor:
        oldest, count, waited_s = _tail(cursor)
    if count:
        report.notes.append(f"{count} events are not sealed yet")
    if waited_s > most_s:
        report.add("late", f"event {oldest}", f"has waited for its seal while the trail went on for {waited_s} seconds")


def _tail(cursor: Any) -> tuple[str, int, int]:
    after = read_log(cursor).horizon
    cursor.execute(
        "SELECT (array_agg(id::text ORDER BY recorded_at))[1], count(*),"
        " coalesce(extract(epoch FROM (SELECT max(recorded_at) FROM audit_event) - min(recorded_at)), 0)::bigint FROM audit_event e"
        " WHERE (cluster_epoch, txid) >= (%s, %s)"
        " AND NOT EXISTS (SELECT FROM audit_leaf l WHERE (l.recorded_at, l.event_id) = (e.recorded_at, e.id))",
        [after.epoch, after.txid],
    )
    oldest, count, waited_s = cursor.fetchone()
    return str(oldest), int(count), int(waited_s)
