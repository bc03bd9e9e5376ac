"""Moves of very many transfers at once: the rows in one statement, their events and audit records in another.

What `moves` does for one, in sets: the same machine is asked, the same events are told, and the database checks the same things.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from audit import clock, vocabulary
from audit.envelope import as_jsonb, envelope
from transfers import machines, rebuilding
from transfers.commands.moves import MOVED
from transfers.commands.wake import tell_clients_after_commit
from transfers.errors import Conflict, IllegalTransition
from transfers.models import Transfer
from transfers.states import TERMINAL, Route, Status
from transfers.thresholds import threshold
from transfers.wording import status_text


def move_all(
    transfers: Sequence[Transfer],
    target: Status,
    *,
    data: Mapping[UUID, dict[str, Any]],
    reasons: Mapping[UUID, str] | None = None,
    failure_code: str = "",
    **columns: Any,
) -> None:
    """Take the row to `target` for every transfer, all locked by the caller. `data` and `reasons` are per transfer, `columns`
    the same for all (or an expression over the row). Raises IllegalTransition, and Conflict when one was changed meanwhile:
    nothing moves then.
    """
    for route, source, version in sorted({(one.route, one.status, one.machine_version) for one in transfers}):
        if not machines.may(Route(route), version, Status(source), target):
            raise IllegalTransition(f"a transfer on route {route} cannot go from {source} to {target}")
        same = [one for one in transfers if (one.route, one.status, one.machine_version) == (route, source, version)]
        text = status_text(Route(route), target, failure_code=failure_code)
        ended = {"failure_code": failure_code} if failure_code else {}
        settled = ended | {"status": target.value, "status_text": text, "attempts": 0, "last_error": "", "stopped_by": ""}
        usual = threshold(Route(route), target)
        rows = _update(same, Status(source), usual.overdue if usual and target not in TERMINAL else None, settled | columns)
        tell_all(same, MOVED[target], source=source, target=target.value, text=text, data=data, rows=rows, reasons=reasons)


def _update(
    transfers: Sequence[Transfer], source: Status, lasts: timedelta | None, columns: dict[str, Any]
) -> dict[UUID, dict[str, Any]]:
    """What the event of each keeps of it."""
    now = clock.now()
    columns |= {"state_entered_at": now, "deadline_at": now + lasts if lasts else None}
    seen = Transfer.objects.filter(pk__in=[one.pk for one in transfers], status=source)
    if seen.update(version=F("version") + 1, updated_at=now, **columns) != len(transfers):
        raise Conflict(f"one of {len(transfers)} transfers was changed by somebody else")
    return {one.pk: _written(one, columns) for one in transfers}


def _written(one: Transfer, columns: dict[str, Any]) -> dict[str, Any]:
    for name, value in columns.items():
        setattr(one, name, getattr(one, value.name) if isinstance(value, F) else value)  # type: ignore[attr-defined]
    one.version += 1
    return rebuilding.changed(one, columns)


def tell_all(
    transfers: Sequence[Transfer],
    kind: str,
    *,
    source: str,
    target: str,
    text: str,
    data: Mapping[UUID, dict[str, Any]],
    rows: Mapping[UUID, dict[str, Any]],
    reasons: Mapping[UUID, str] | None = None,
) -> None:
    """The events of transfers that were just written, at the version they stand at, with their audit records. Of `rows`, what
    each event keeps of its transfer, the audit trail says nothing."""
    vocabulary.check(kind)
    shared = envelope() | {"schema_version": 1, "type": kind, "from_status": source, "to_status": target, "status_text": text}
    told = [
        {
            "transfer_id": one.pk,
            "seq": one.version,
            "reference": one.reference,
            "correlation_id": one.correlation_id,
            "reason": (reasons or {}).get(one.pk, ""),
            "data": data.get(one.pk, {}),
            "row": {rebuilding.ROW: rows[one.pk]},
        }
        for one in transfers
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transfers_record_moves(%s, ARRAY(SELECT jsonb_array_elements(%s)))", [as_jsonb(shared), as_jsonb(told)]
        )
    tell_clients_after_commit()
