"""One event with the proof that it is in the log: format countersign-proof/1, to be checked without us."""

import base64
from typing import Any
from uuid import UUID

from django.db import connection

from audit import queries
from audit.models import AuditEvent
from audit.sealing.export import sealed_rows
from audit.sealing.proofs import inclusion_proof
from audit.sealing.store import Tiles

FORMAT = "countersign-proof/1"


class NotSealed(Exception):
    """No such event, or no checkpoint covers it yet; the message says which."""


def proof_of(event_id: UUID) -> dict[str, Any]:
    """The bundle of an event under the newest checkpoint. Raises NotSealed."""
    event = queries.event(event_id)
    if event is None:
        raise NotSealed(f"There is no event {event_id}.")
    with connection.cursor() as cursor:
        index = _index(cursor, event)
        cursor.execute("SELECT origin, size, note FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1")
        origin, size, note = cursor.fetchone()
        inclusion = inclusion_proof(Tiles(cursor), index, size)
    return {
        "format": FORMAT,
        "origin": origin,
        "index": index,
        "size": size,
        "leaf": sealed_rows(index, index + 1)[0].decode(),
        "inclusion": [base64.b64encode(part).decode() for part in inclusion],
        "checkpoint": note,
    }


def _index(cursor: Any, event: AuditEvent) -> int:
    cursor.execute("SELECT index FROM audit_leaf WHERE recorded_at = %s AND event_id = %s", [event.recorded_at, event.id])
    row = cursor.fetchone()
    if row is None:
        raise NotSealed(f"Event {event.id} is not sealed yet: it takes seconds, longer while a transaction stays open.")
    return int(row[0])
