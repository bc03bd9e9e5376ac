"""Rows of the list of files: what they pay first, then who and how far."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backoffice.console.parts import Badge
from backoffice.console.words import badge_for
from transfers.models import BulkOrder
from transfers.queries.bulk import FAILED, GIVEN_BACK, PAID, standing

PAGE = 50
_ACTIVE = (BulkOrder.Status.IN_PROGRESS, BulkOrder.Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class Row:
    order: BulkOrder
    totals: list[dict[str, Any]]
    sha256: str
    badge: Badge
    note: str


def page_of(orders: QuerySet[BulkOrder], after: str) -> tuple[list[BulkOrder], str]:
    """Newest first, with the cursor of the next page; ids are made in the order of time."""
    found = orders.select_related("client", "upload").defer("upload__content").order_by("-id")
    if cursor := _cursor(after):
        found = found.filter(pk__lt=cursor)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def _cursor(text: str) -> UUID | None:
    """An old or cut link starts again from the newest."""
    try:
        return UUID(text)
    except ValueError:
        return None


def rows(orders: list[BulkOrder]) -> list[Row]:
    """Two queries more for each that was released."""
    return [_row(order) for order in orders]


def _row(order: BulkOrder) -> Row:
    digest = bytes(order.upload.sha256).hex()
    return Row(order, totals(order.totals), digest, badge_for(order.status), _note(order))


def totals(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The totals as kept, amounts as numbers of minor units."""
    return [one | {"amount": int(one["amount"]), "max_fees": int(one["max_fees"])} for one in stored]


def _note(order: BulkOrder) -> str:
    if order.status not in _ACTIVE:
        return ""
    counted = {state: one.lines for state, one in standing(order).items()}
    lost = counted[FAILED] + counted[GIVEN_BACK]
    return f"{counted[PAID]:,} paid" + (f", {lost:,} not" if lost else "")
