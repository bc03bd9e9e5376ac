"""Transfers page by page, newest first, by keyset: rows that arrive meanwhile neither repeat nor hide one."""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from transfers.models import Transfer

MAX_PAGE = 200


class BadCursor(ValueError):
    """The cursor was not one of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Empty means any. `clients` is the scope of who asks: None sees every client, an empty collection none."""

    clients: Collection[str] | None
    client_id: str = ""
    status: str = ""
    route: str = ""
    corridor: str = ""
    client_reference: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    only_stopped: bool = False
    with_synthetic: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """`next_cursor` is None on the last page."""

    rows: list[Transfer]
    next_cursor: str | None


def scoped(clients: Collection[str] | None) -> "QuerySet[Transfer]":
    """Transfers of the clients that somebody may see."""
    rows = Transfer.objects.select_related("client", "corridor", "source_asset", "target_asset")
    return rows if clients is None else rows.filter(client_id__in=list(clients))


def transfer_page(wanted: TransferFilter, *, cursor: str | None = None, limit: int = 50) -> Page:
    """One page, newest first. Raises BadCursor."""
    rows = scoped(wanted.clients).filter(**_criteria(wanted))
    if wanted.only_stopped:
        rows = rows.exclude(stopped_by="")
    if not wanted.with_synthetic:
        rows = rows.filter(is_synthetic=False)
    if cursor is not None:
        created_at, row_id = _position(cursor)
        rows = rows.filter(created_at__lte=created_at).filter(Q(created_at__lt=created_at) | Q(id__lt=row_id))
    size = max(1, min(limit, MAX_PAGE))
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    shown = found[:size]
    return Page(shown, _cursor(shown[-1]) if len(found) > size else None)


def _criteria(wanted: TransferFilter) -> dict[str, object]:
    given: dict[str, object] = {
        "client_id": wanted.client_id,
        "status": wanted.status,
        "route": wanted.route,
        "corridor_id": wanted.corridor,
        "client_reference": wanted.client_reference,
        "created_at__gt": wanted.created_after,
        "created_at__lt": wanted.created_before,
    }
    return {name: value for name, value in given.items() if value}


def _cursor(row: Transfer) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.created_at.isoformat(), str(row.id)]).encode()).decode()


def _position(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(created_at)
        position = moment, UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadCursor("this list cannot be continued from there; start again") from error
    if moment.tzinfo is None:
        raise BadCursor("this list cannot be continued from there; start again")
    return position
