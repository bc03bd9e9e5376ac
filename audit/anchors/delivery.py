"""Bringing checkpoints to anchors. What is due is read from committed rows and noted when it was taken: at least once, in order.

An anchor that fails is tried again later and later, up to five minutes; meanwhile checkpoints wait in the database, and the newest
one commits to all that came before it. Each anchor is served on its own: call `deliver` for each from a thread of its own.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction

from audit.anchors.base import Anchor, AnchorFailed, AnchorRefused, Due, Note
from audit.sealing.proofs import consistency_proof
from audit.sealing.store import Tiles

log = structlog.get_logger(__name__)
AT_ONCE = 500
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2, 300
_REGISTER = """
INSERT INTO audit_anchor AS known (name, kind, every_s, active) VALUES (%(name)s, %(kind)s, %(every_s)s, true)
ON CONFLICT (name) DO UPDATE
   SET kind = excluded.kind, every_s = excluded.every_s, active = true,
       attempts = 0, next_try_at = clock_timestamp(), last_error = '', refuses = false,
       active_since = CASE WHEN known.active THEN known.active_since ELSE clock_timestamp() END
"""
_TAKEN = """
SELECT a.next_try_at <= clock_timestamp() AND coalesce(d.delivered_at + a.every_s * interval '1 second' <= clock_timestamp(), true),
       coalesce(d.sequence, 0), coalesce(d.size, 0)
  FROM audit_anchor a
  LEFT JOIN LATERAL (SELECT sequence, delivered_at, size FROM audit_anchor_delivery JOIN audit_checkpoint USING (sequence)
                      WHERE anchor = a.name ORDER BY sequence DESC LIMIT 1) d ON true
 WHERE a.name = %s
"""
_NEXT = "SELECT sequence, origin, size, note FROM audit_checkpoint WHERE sequence > %s ORDER BY sequence LIMIT %s"
_NEWEST = "SELECT sequence, origin, size, note FROM audit_checkpoint WHERE sequence > %s ORDER BY sequence DESC LIMIT 1"
_SUCCEEDED = "UPDATE audit_anchor SET attempts = 0, last_error = '', refuses = false WHERE name = %s AND attempts > 0"
_FAILED = """
UPDATE audit_anchor
   SET attempts = attempts + 1, last_error = %(problem)s, refuses = %(refuses)s,
       next_try_at = clock_timestamp() + least(%(first)s * power(2, least(attempts, 20)), %(longest)s) * interval '1 second'
 WHERE name = %(name)s RETURNING attempts
"""


def register(anchors: Iterable[Anchor]) -> None:
    """Make these the anchors that are waited for. One that comes back is waited for from now on."""
    wanted = list(anchors)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_anchor SET active = false WHERE name <> ALL(%s)", [[anchor.name for anchor in wanted]])
        for anchor in wanted:
            cursor.execute(_REGISTER, {"name": anchor.name, "kind": anchor.kind, "every_s": anchor.every_s})


def deliver(anchor: Anchor) -> int:
    """Bring a registered anchor what it has not got, if it is time. Returns how many checkpoints it took; a failure is noted, not
    raised. Call it outside of transactions."""
    due = _due(anchor)
    if due is None:
        return 0
    try:
        receipt = anchor.take(due)
    except AnchorFailed as error:
        _note_failure(anchor, error)
        return 0
    _note_delivery(anchor, due.notes, receipt)
    return len(due.notes)


def _due(anchor: Anchor) -> Due | None:
    """An anchor without any begins with the newest: it can vouch for what it saw, not for what was before."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [anchor.name])
        is_time, sequence, size = cursor.fetchone()
        if not is_time:
            return None
        if anchor.wants_all and sequence:
            cursor.execute(_NEXT, [sequence, AT_ONCE])
        else:
            cursor.execute(_NEWEST, [sequence])
        notes = [Note(*row) for row in cursor.fetchall()]
    return Due(notes, size, partial(_proof, notes[-1].size)) if notes else None


def _proof(new: int, old: int) -> list[bytes]:
    with connection.cursor() as cursor:
        return consistency_proof(Tiles(cursor), old, new)


def _note_delivery(anchor: Anchor, notes: Sequence[Note], receipt: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_anchor_delivery (anchor, sequence, receipt)"
            " SELECT %s, unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING",
            [anchor.name, [note.sequence for note in notes], receipt],
        )
        cursor.execute(_SUCCEEDED, [anchor.name])


def _note_failure(anchor: Anchor, error: AnchorFailed) -> None:
    values: dict[str, Any] = {
        "name": anchor.name,
        "problem": str(error),
        "refuses": isinstance(error, AnchorRefused),
        "first": _FIRST_PAUSE_S,
        "longest": _LONGEST_PAUSE_S,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, values)
        (attempts,) = cursor.fetchone()
    log.warning("checkpoint not anchored", anchor=anchor.name, attempts=attempts, problem=str(error))
