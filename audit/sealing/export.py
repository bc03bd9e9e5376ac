"""The log as files that can be checked elsewhere, without us: format countersign-audit/1.

`events.tsv` has the bytes of every leaf, one line each in index order, `checkpoints.txt` every note in order of signing, each
followed by one blank line, and `manifest.json` says what it is. The manifest is written last: without it an export is not whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction

from audit.archive.sources import everywhere
from audit.sealing import leaf
from audit.sealing.keys import PublicKey

FORMAT = "countersign-audit/1"
CHUNK = 50_000
_EVENTS = f"""
SELECT {leaf.SELECTED} FROM audit_leaf l JOIN {{events}} AS e ON (e.recorded_at, e.id) = (l.recorded_at, l.event_id)
 WHERE l.index >= %(start)s AND l.index < %(end)s ORDER BY l.index
"""  # noqa: S608 - the columns of the format
_LAST = "SELECT sequence, size, origin FROM audit_checkpoint WHERE size <= %s ORDER BY sequence DESC LIMIT 1"
_NOTES = (
    "SELECT sequence, note FROM audit_checkpoint WHERE sequence > %s AND sequence <= %s AND origin = %s ORDER BY sequence LIMIT %s"
)


class NothingSealed(Exception):
    """There is no checkpoint to export up to."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What an export holds: the log as it was at one checkpoint, and what was signed of it under that name."""

    sequence: int
    size: int
    origin: str


def extent(until: int | None = None) -> Extent:
    """Up to the newest checkpoint that covers at most `until` leaves. Raises NothingSealed."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [2**63 - 1 if until is None else until])
        row = cursor.fetchone()
    if row is None:
        raise NothingSealed("Nothing has been sealed up to there: is the sealer running?")
    return Extent(*row)


def write(directory: Path, what: Extent, keys: list[PublicKey]) -> int:
    """Make `directory`, which must not exist, and fill it. Returns how many of the leaves have lost their event: their lines are
    not there, and every verifier will say so. Raises OSError, django.db.Error."""
    directory.mkdir(parents=True)
    with (directory / "events.tsv").open("wb") as file:
        written = _write_events(file, what.size)
    with (directory / "checkpoints.txt").open("w", encoding="utf-8") as file:
        for note in _notes(what):
            file.write(note + "\n")
    vkey = next((str(key) for key in keys if key.name == what.origin), "")
    manifest = {"format": FORMAT, "origin": what.origin, "vkey": vkey, "size": what.size, "columns": list(leaf.COLUMNS)}
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return what.size - written


def _write_events(file: BinaryIO, size: int) -> int:
    written = 0
    for start in range(0, size, CHUNK):
        for row in sealed_rows(start, min(start + CHUNK, size)):
            file.write(row)
            file.write(b"\n")
            written += 1
    return written


def sealed_rows(start: int, end: int) -> list[bytes]:
    """The leaf bytes from index `start` to before `end` as the events stand now; those that are gone are left out."""
    with transaction.atomic(), connection.cursor() as cursor:
        leaf.fix_format(cursor)
        query = _EVENTS.format(events=everywhere())
        return list(leaf.copy_rows(cursor, query, {"start": start, "end": end}))


def _notes(what: Extent) -> Iterator[str]:
    last = 0
    while rows := _page(last, what):
        last = rows[-1][0]
        yield from (note for _, note in rows)


def _page(after: int, what: Extent) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_NOTES, [after, what.sequence, what.origin, CHUNK])
        return list(cursor.fetchall())
