"""A transfer from its events (T2): the first keeps every column that it set, each later one those that it changed.

What is left out says nothing of what happened, or is not ours to keep for ever: the columns of the driver, and what is personal or
the client's own text. Whom it pays stands on the list of destinations, under the id that is kept.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Field, ForeignKey

from transfers.errors import NotFound, Unavailable
from transfers.models import Transfer, TransferEvent

ROW = "row"
DRIVERS = frozenset({"due_at", "lease_owner", "lease_until", "fence", "attempts", "last_error", "stopped_by", "updated_at"})
PERSONAL = frozenset({"destination_details", "client_reference", "metadata"})
# Columns that every event tells by itself.
_TOLD = {
    "id": "transfer_id",
    "status": "to_status",
    "version": "seq",
    "status_text": "status_text",
    "correlation_id": "correlation_id",
}


@lru_cache(maxsize=1)
def columns() -> dict[str, "Field[Any, Any]"]:
    """What is kept in events, by the name of the column."""
    fields = Transfer._meta.concrete_fields  # noqa: SLF001
    return {field.attname: field for field in fields if field.attname not in DRIVERS | PERSONAL | _TOLD.keys()}


@lru_cache(maxsize=1)
def _defaults() -> dict[str, Any]:
    usual = {name: field.get_default() for name, field in columns().items()}
    return {name: value.value if isinstance(value, Enum) else value for name, value in usual.items()}


def first(transfer: Transfer) -> dict[str, Any]:
    """For the event that tells of a new transfer: every column that is not as it is in none."""
    values = vars(transfer)
    return {name: _plain(value) for name, usual in _defaults().items() if (value := values[name]) != usual}


def changed(transfer: Transfer, given: Iterable[str]) -> dict[str, Any]:
    """Of what was set on the transfer, by the names of its fields, what its event keeps."""
    named = (Transfer._meta.get_field(name).attname for name in given)  # type: ignore[union-attr]  # noqa: SLF001
    return {column: _plain(getattr(transfer, column)) for column in named if column in columns()}


def rebuilt(transfer_id: UUID) -> dict[str, Any]:
    """The transfer's columns as its events tell them. Raises NotFound without events, Unavailable where its first event is of a
    release that did not keep them, or is archived."""
    events = list(TransferEvent.objects.filter(transfer_id=transfer_id).order_by("seq"))
    if not events:
        raise NotFound(f"There is no event of a transfer {transfer_id}.")
    if events[0].seq != 1 or ROW not in events[0].data:
        raise Unavailable(f"The first event of transfer {transfer_id} does not tell its columns.")
    found = dict(_defaults())
    for event in events:
        found |= {name: _value(columns()[name], value) for name, value in event.data.get(ROW, {}).items()}
    return found | {column: getattr(events[-1], name) for column, name in _TOLD.items()}


def apart(transfer_id: UUID) -> dict[str, tuple[Any, Any]]:
    """What the row says otherwise than its events: column -> (row, events). Raises as `rebuilt` does."""
    told = rebuilt(transfer_id)
    row = Transfer.objects.values(*told).get(pk=transfer_id)
    return {name: (row[name], told[name]) for name in told if row[name] != told[name]}


def _plain(value: Any) -> Any:
    """Times to the microsecond, which JSON of ours would cut."""
    return value.isoformat() if isinstance(value, datetime) else value


def _value(field: "Field[Any, Any]", value: Any) -> Any:
    return (field.target_field if isinstance(field, ForeignKey) else field).to_python(value)
