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
from backoffice.bench.pipeline.shapes import HASHES, Recording, Row, Write
from backoffice.bench.pipeline.speech import Speech
from ledger.commands import advance_checkpoints

# Nothing in a pipeline reads the trail.
LEFT_OUT = ("audit_event",)


def load_past(
    recordings: Sequence[Recording],
    transfers: int,
    *,
    left_out: Collection[str] = LEFT_OUT,
    then: Sequence[str] = (),
    then_into: Sequence[str] = (),
) -> None:
    """So many transfers more in the current database, shared out among the clients that were recorded; without rows in the tables
    of `left_out`. What the statements of `then` write, into the tables `then_into` besides, is indexed once with all the rest.
    Statistics are the caller's to take."""
    load_sql("names")
    tables = [table for table in recordings[0].rows if table not in left_out]
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        until = cursor.fetchone()[0].isoformat()
        with guards_off(), without_indexes([*tables, *then_into]):
            # All of them are read before the first is written: what they are copied from is found in small tables.
            for statement in [*_every_statement(recordings, transfers, until, left_out), FOLLOW, *then]:
                cursor.execute(statement)
        cursor.execute("DROP TABLE bench_name CASCADE")
    advance_checkpoints()


def _every_statement(recordings: Sequence[Recording], transfers: int, until: str, left_out: Collection[str]) -> Iterator[str]:
    lanes = len(recordings)
    for lane, recording in enumerate(recordings):
        count = transfers // lanes + (lane < transfers % lanes)
        yield "TRUNCATE bench_name"
        yield f"SELECT bench_name_lane({lane}, {lanes}, {count}, '{until}')"
        yield from _statements(recording, left_out)


def _statements(recording: Recording, left_out: Collection[str]) -> Iterator[str]:
    speech = Speech(
        recording.names,
        name_at=lambda place: _named(recording.names[place], place),
        moment="moment",
        nonce="(number + 1000000000)",
        txid=str(recording.commits[0][0].txid),
    )
    for write in recording.inserted:
        if write.table not in left_out:
            yield _insert(speech, write, _as_it_ended(write), recording.commits[0][0])


def _named(name: str, place: int) -> str:
    """Three digits of it say which of the transfer's names it is."""
    if name[:2] in HASHES:
        return f"'{name[:2]}{place:03x}' || hash"
    return f"id_head || '{place:03x}' || id_tail" if "-" in name else f"'{place:03X}' || bench_name.reference"


def _insert(speech: Speech, write: Write, row: Row, first: Write) -> str:
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
        " FROM bench_name"
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
        "balance_after": f"((SELECT credits - debits {of}) + (place + 1) * {step})",
        "account_version": f"((SELECT version {of}) + place + 1)",
    }
