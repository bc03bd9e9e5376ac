"""A past of any length: the transfer that was recorded, over and over, with names and moments of its own each time.

Everything that a transfer leaves is there, but for the audit trail where nothing reads it: transfers, legs, events and outbox,
decisions, quotes, calls, references, reservations, holds, postings and entries, idempotency keys. Keys sort by time, as the real
ones do. The guards say that what is booked is booked now, which a loaded past is not: they are off while it loads.
"""

from collections.abc import Collection, Iterator, Sequence

from django.db import connection

from backoffice.bench.evidence import load_sql
from backoffice.bench.history import FOLLOW
from backoffice.bench.pipeline.guards import guards_off
from backoffice.bench.pipeline.indexes import without_indexes
from backoffice.bench.pipeline.shapes import Recording, Row, Write
from backoffice.bench.pipeline.speech import Speech
from ledger.commands import advance_checkpoints

# Nothing in a pipeline reads the trail.
LEFT_OUT = ("audit_event",)


def load_past(recordings: Sequence[Recording], transfers: int, *, left_out: Collection[str] = LEFT_OUT) -> None:
    """So many transfers more in the current database, shared out among the clients that were recorded; without rows in the tables
    of `left_out`. Statistics are the caller's to take."""
    load_sql("names")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        until = cursor.fetchone()[0].isoformat()
        with guards_off(), without_indexes([table for table in recordings[0].rows if table not in left_out]):
            # All of them are read before the first is written: what they are copied from is found in small tables.
            for statement in [*_every_statement(recordings, transfers, until, left_out), FOLLOW]:
                cursor.execute(statement)
    advance_checkpoints()


def _every_statement(recordings: Sequence[Recording], transfers: int, until: str, left_out: Collection[str]) -> Iterator[str]:
    for lane, recording in enumerate(recordings):
        count = transfers // len(recordings) + (lane < transfers % len(recordings))
        yield from _statements(recording, lane, count, len(recordings), until, left_out)


def _statements(recording: Recording, lane: int, count: int, lanes: int, until: str, left_out: Collection[str]) -> Iterator[str]:
    kinds = [_kind(name) for name in recording.names]
    number = f"(number * {lanes} + {lane})"
    speech = Speech(
        recording.names,
        name_at=lambda place: f"{kinds[place]}({number}, {place})",
        moment=f"bench_moment({number}, {count * lanes}, '{until}')",
        nonce=f"({number} + 1000000000)",
        txid=str(recording.commits[0][0].txid),
    )
    for write in recording.inserted:
        if write.table not in left_out:
            yield _insert(speech, write, _as_it_ended(write), count, recording.commits[0][0])


def _kind(name: str) -> str:
    return "bench_hash" if name.startswith("0x") else "bench_id" if "-" in name else "bench_reference"


def _insert(speech: Speech, write: Write, row: Row, count: int, first: Write) -> str:
    own = {
        column.name: speech.value(column, row[column.name], txid=write.txid, since=first.at)
        for column in write.columns
        if not column.is_counted
    }
    if write.table == "ledger_entry" and row["balance_after"] is not None:
        own |= _running(row)
    if write.table == "transfers_outboxevent":
        # Clients were told long ago.
        own["dispatched_at"] = own["recorded_at"]
    names = ", ".join(f'"{name}"' for name in own)
    return (
        f"INSERT INTO {write.table} ({names}) SELECT {', '.join(own.values())}"  # noqa: S608 - what our own tables held
        f" FROM generate_series(0::bigint, {count - 1}) AS number ORDER BY number"
    )


def _as_it_ended(write: Write) -> Row:
    """The row as it is by now."""
    which = " AND ".join(f'"{name}"::text = %s' for name in write.key)
    parts = ", ".join(f'"{column.name}"::text' for column in write.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts} FROM {write.table} WHERE {which}", list(write.key.values()))  # noqa: S608 - our own tables
        return dict(zip((column.name for column in write.columns), cursor.fetchone(), strict=True))


def _running(row: Row) -> dict[str, str]:
    """After everything that the account has seen so far, one after the other."""
    of = f"FROM ledger_balance WHERE account_id = '{row['account_id']}'"
    step = f"({row['credit']} - {row['debit']})"
    return {
        "balance_after": f"((SELECT credits - debits {of}) + (number + 1) * {step})",
        "account_version": f"((SELECT version {of}) + number + 1)",
    }
