"""What pages and alerts ask about the seal: is this event sealed and where is it anchored, and how is the log as a whole.

`seal_status(events)` gives one SealState per sealed event, `log_status()` one LogStatus. Both are a handful of indexed queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit.models import AuditEvent
from audit.sealing.store import Horizon, read_log

# Counting stops here: further than this behind, the number tells nobody more.
MOST_COUNTED = 10_000
_SEALED = """
SELECT l.event_id, l.index, c.sequence, c.size, c.signed_at
  FROM unnest(%(times)s::timestamptz[], %(ids)s::uuid[]) AS wanted (recorded_at, id)
  JOIN audit_leaf l ON (l.recorded_at, l.event_id) = (wanted.recorded_at, wanted.id)
  JOIN LATERAL (SELECT sequence, size, signed_at FROM audit_checkpoint
                 WHERE size > l.index ORDER BY size, sequence LIMIT 1) c ON true
"""
_ANCHORED = """
SELECT wanted.sequence, a.name, d.delivered_at
  FROM unnest(%(sequences)s::bigint[]) AS wanted (sequence) CROSS JOIN audit_anchor a
  JOIN LATERAL (SELECT delivered_at FROM audit_anchor_delivery
                 WHERE anchor = a.name AND sequence >= wanted.sequence ORDER BY sequence LIMIT 1) d ON true
 ORDER BY d.delivered_at, a.name
"""
_NEWEST = "SELECT origin, size, root, sequence, signed_at, note FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1"
_UNSEALED = """
SELECT count(*), min(recorded_at), min(recorded_at) FILTER (WHERE may_be_sealed) FROM (
    SELECT recorded_at,
           (cluster_epoch, txid) < (audit_current_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS may_be_sealed
      FROM audit_event
     WHERE (cluster_epoch, txid) >= (%(epoch)s, %(txid)s)
       AND (%(id)s::uuid IS NULL OR (cluster_epoch, txid) <> (%(epoch)s, %(txid)s)
            OR (recorded_at, id) > (%(recorded_at)s::timestamptz, %(id)s::uuid))
     ORDER BY cluster_epoch, txid LIMIT %(limit)s) AS unsealed
"""
_ANCHORS = """
SELECT a.name, a.kind, a.every_s, a.active, a.attempts, a.last_error, d.delivered_at, d.size,
       (SELECT recorded_at FROM audit_checkpoint
         WHERE sequence > coalesce(d.sequence, 0) AND recorded_at >= a.active_since ORDER BY sequence LIMIT 1), a.refuses
  FROM audit_anchor a
  LEFT JOIN LATERAL (SELECT sequence, delivered_at, size FROM audit_anchor_delivery JOIN audit_checkpoint USING (sequence)
                      WHERE anchor = a.name ORDER BY sequence DESC LIMIT 1) d ON true
 ORDER BY a.active DESC, a.name
"""
_REFUSAL = """
SELECT recorded_at, reason FROM audit_seal_refusal
 WHERE recorded_at > coalesce((SELECT recorded_at FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1), '-infinity')
 ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class SealState:
    """Where a sealed event is: leaf `index`, first covered by checkpoint `sequence` of `size` leaves, signed at `signed_at`.

    `anchors` holds (name, delivered_at) of each anchor that took that checkpoint or a later one, the first to take it first.
    """

    index: int
    sequence: int
    size: int
    signed_at: datetime
    anchors: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class AnchorStatus:
    """`kind` is file, mail or http; `waiting_since` the time of the oldest checkpoint that it has not taken, None when it has all.

    `attempts` counts failures in a row, `last_error` says why the last one failed, `every_s` how long it may wait by design.
    `refuses`: that failure was no trouble on the way, the anchor says that our log is not the one it knows.
    """

    name: str
    kind: str
    every_s: int
    active: bool
    attempts: int
    last_error: str
    delivered_at: datetime | None
    delivered_size: int | None
    waiting_since: datetime | None
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest checkpoint; `note` is what was signed, whole."""

    origin: str
    size: int
    root: bytes
    sequence: int
    signed_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class LogStatus:
    """`newest` is None before the first checkpoint. `unsealed` counts up to MOST_COUNTED + 1.

    Events wait for their turn from `oldest_unsealed_at`; those the sealer could take now from `oldest_sealable_at`. When only the
    first is old, a transaction that stays open anywhere on the database server holds the others back. `refused_since` and
    `refusal` are set while the sealer refuses to sign. `asked_at` is the database's time, with which all others compare.
    """

    newest: Newest | None
    unsealed: int
    oldest_unsealed_at: datetime | None
    oldest_sealable_at: datetime | None
    refused_since: datetime | None
    refusal: str
    anchors: tuple[AnchorStatus, ...]
    asked_at: datetime


def seal_status(events: Iterable[AuditEvent]) -> dict[UUID, SealState]:
    """Event id -> its seal; an event that is not sealed yet is not in it."""
    wanted = [(event.recorded_at, event.id) for event in events]
    names: dict[str, Any] = {"times": [time for time, _ in wanted], "ids": [identity for _, identity in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, names)
        sealed = cursor.fetchall()
        cursor.execute(_ANCHORED, {"sequences": sorted({row[2] for row in sealed})})
        anchored: dict[int, list[tuple[str, datetime]]] = {}
        for sequence, name, delivered_at in cursor.fetchall():
            anchored.setdefault(sequence, []).append((name, delivered_at))
    return {
        event_id: SealState(index, sequence, size, signed_at, tuple(anchored.get(sequence, ())))
        for event_id, index, sequence, size, signed_at in sealed
    }


def log_status() -> LogStatus:
    with connection.cursor() as cursor:
        newest = _newest(cursor)
        unsealed, oldest, sealable = _unsealed(cursor, read_log(cursor).horizon)
        cursor.execute(_REFUSAL)
        refused_since, refusal = cursor.fetchone() or (None, "")
        cursor.execute(_ANCHORS)
        anchors = tuple(AnchorStatus(*row) for row in cursor.fetchall())
        cursor.execute("SELECT clock_timestamp()")
        (asked_at,) = cursor.fetchone()
    return LogStatus(newest, unsealed, oldest, sealable, refused_since, refusal, anchors, asked_at)


def _newest(cursor: Any) -> Newest | None:
    cursor.execute(_NEWEST)
    row = cursor.fetchone()
    return None if row is None else Newest(row[0], row[1], bytes(row[2]), *row[3:])


def _unsealed(cursor: Any, after: Horizon) -> tuple[int, datetime | None, datetime | None]:
    recorded_at, event_id = after.cut or (None, None)
    cursor.execute(
        _UNSEALED,
        {"epoch": after.epoch, "txid": after.txid, "recorded_at": recorded_at, "id": event_id, "limit": MOST_COUNTED + 1},
    )
    count, oldest, sealable = cursor.fetchone()
    return int(count), oldest, sealable
