"""That both sides did the same: rows counted in the tables, not by those who say they wrote them.

References begin with the name of their side; what was loaded before is the side `past`.
"""

from pathlib import Path
from typing import Any

from django.db import connection

from backoffice.bench.report import BenchBroken
from ledger.proofs.registry import Finding
from ledger.queries.proofs import findings

PAST = "past"
Rows = dict[str, dict[str, int]]
_SQL = Path(__file__).parent / "sql"
_POSTINGS = """
    WITH posting AS (SELECT id, split_part(reference, '-', 1) AS side FROM ledger_ledgertransaction
                      WHERE starts_with(kind, 'bench.') AND kind <> 'bench.funding'),
         entry AS (SELECT side, count(*) FROM ledger_entry JOIN posting ON posting.id = transaction_id GROUP BY side),
         event AS (SELECT side, count(*) FROM audit_event JOIN posting ON posting.id::text = resource_id
                    WHERE resource_type = 'ledger_transaction' GROUP BY side)
    SELECT side, count(*) AS transactions, entry.count AS entries, coalesce(event.count, 0) AS events
      FROM posting JOIN entry USING (side) LEFT JOIN event USING (side) GROUP BY side, entry.count, event.count
"""
_HOLDS = """
    SELECT split_part(hold.reference, '-', 1) AS side, count(DISTINCT hold.id) AS holds, count(event.id) AS events
      FROM ledger_hold AS hold LEFT JOIN audit_event AS event ON event.resource_type = 'hold' AND event.resource_id = hold.reference
     GROUP BY side
"""
# Everything but ids, times and what depends on who came first. `place` is a reference without the name of its side.
_CONTENTS = """
    SELECT substr(posting.reference, length(%(side)s) + 2) AS place, replace(jsonb_build_object(
               'posting', to_jsonb(posting)
                          - ARRAY['id', 'content_hash', 'transaction_id', 'value_at', 'booked_at', 'created_txid'],
               'entries', (SELECT jsonb_agg((to_jsonb(entry) || jsonb_build_object('running', balance_after IS NOT NULL))
                                            - ARRAY['id', 'transaction_id', 'value_at', 'booked_at', 'txid', 'balance_after',
                                                    'account_version'] ORDER BY ordinal)
                             FROM ledger_entry AS entry WHERE entry.transaction_id = posting.id),
               'events', (SELECT jsonb_agg((to_jsonb(event) #- '{metadata,value_at}' #- '{metadata,booked_at}')
                                           - ARRAY['id', 'recorded_at', 'txid', 'resource_id', 'transaction_id', 'occurred_at'])
                            FROM audit_event AS event
                           WHERE event.resource_type = 'ledger_transaction' AND event.resource_id = posting.id::text))::text,
               '"' || %(side)s || '-', '"') AS content
      FROM ledger_ledgertransaction AS posting
     WHERE starts_with(posting.reference, %(side)s || '-') AND split_part(posting.reference, '-', 3)::bigint <= 100
"""


def load_sql(*names: str) -> None:
    """Make the functions and tables of the floors in the current database."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute((_SQL / f"{name}.sql").read_text(encoding="utf-8"))


def postings() -> Rows:
    """Transactions, entries and events of each side."""
    return _rows(_POSTINGS)


def holds() -> Rows:
    """Holds of each side and the events on them."""
    return _rows(_HOLDS)


def same_postings(done: dict[str, int], *, entries: int = 3, events: int = 1) -> Rows:
    """What each side booked; raises BenchBroken unless each of its postings left so many entries and events."""
    found = {side: rows for side, rows in postings().items() if side != PAST}
    for side, rows in found.items():
        wanted = {"transactions": done[side], "entries": entries * done[side], "events": events * done[side]}
        if rows != wanted:
            raise BenchBroken(f"{side} says it booked {done[side]} postings, but left {rows}")
    return found


def same_contents(one: str, other: str) -> int:
    """How many of the first postings of two sides were compared, field by field; raises BenchBroken at the first difference."""
    ours, theirs = _contents(one), _contents(other)
    common = sorted(ours.keys() & theirs.keys())
    for place in common:
        if ours[place] != theirs[place]:
            raise BenchBroken(f"posting {place}: {one} wrote {ours[place]}, {other} wrote {theirs[place]}")
    if not common:
        raise BenchBroken(f"{one} and {other} have nothing in common to compare")
    return len(common)


def _contents(side: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENTS, {"side": side})
        return dict(cursor.fetchall())


def _rows(statement: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description or ()]
        rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("side"): row for row in rows}


# What the trail says in words is as it was recorded, or of the usual length and of nothing; what the database says is of now.
_TOLD_OTHERWISE = "the audit trail tells otherwise: "
_AS_RECORDED = frozenset({"booking time", "content hash", "when it was placed", "when it ended"})


def contradictions() -> list[Finding]:
    """What the books of the current database do not prove, beside what no floor and no loaded past can tell rightly."""
    return [finding for finding in findings() if not _is_of_a_recording(finding.message)]


def _is_of_a_recording(message: str) -> bool:
    said, parts = message[: len(_TOLD_OTHERWISE)], message[len(_TOLD_OTHERWISE) :].split(", ")
    return said == _TOLD_OTHERWISE and _AS_RECORDED.issuperset(parts)
