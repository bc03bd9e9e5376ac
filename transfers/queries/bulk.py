"""A file's order as it stands: counts, and what became of each line, page by page in the order of the file."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from transfers.bulk.content import lines_in
from transfers.machines import ROUTES
from transfers.models import BulkOrder, BulkPart, Transfer
from transfers.states import TERMINAL, Route, Status

WAITING, UNDER_WAY, PAID, FAILED, GIVEN_BACK = "waiting", "under_way", "paid", "failed", "given_back"
STATES = (WAITING, UNDER_WAY, PAID, FAILED, GIVEN_BACK)
_UNPAID = TERMINAL - {Status.RECONCILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """`state` is one of STATES; `status` and `transfer_id` are those of the transfer that the line became, empty before."""

    line: int
    state: str
    transfer_id: UUID | None
    status: str
    asset: str
    amount: int
    destination: dict[str, str]
    reference: str
    failure_code: str = ""


def progress(order: BulkOrder) -> dict[str, int]:
    """How many lines are in each of STATES."""
    counted = dict.fromkeys(STATES, 0)
    for route, status, count in order.transfers.values_list("route", "status").annotate(count=Count("id")):
        counted[_state(route, status)] += count
    for status, lines in order.parts.exclude(status=BulkPart.Status.DONE).values_list("status", "line_count"):
        counted[WAITING if status == BulkPart.Status.WAITING else GIVEN_BACK] += lines
    return counted


def results(order: BulkOrder, *, after: int = 0, state: str = "") -> Iterator[LineResult]:
    """Every line above `after`, lowest first, read as they are taken; only those in `state`, if one is given."""
    found = heapq.merge(_became(order, after), _not_yet(order, after), key=lambda one: one.line)
    return (one for one in found if state in ("", one.state))


def _became(order: BulkOrder, after: int) -> Iterator[LineResult]:
    for one in order.transfers.filter(bulk_line__gt=after).order_by("bulk_line").iterator(chunk_size=500):
        yield _of_transfer(one)


def _of_transfer(one: Transfer) -> LineResult:
    return LineResult(
        line=one.bulk_line or 0,
        state=_state(one.route, one.status),
        transfer_id=one.pk,
        status=one.status,
        asset=one.source_asset_id,
        amount=int(one.source_amount),
        destination=one.destination_details,
        reference=one.client_reference,
        failure_code=one.failure_code,
    )


def _not_yet(order: BulkOrder, after: int) -> Iterator[LineResult]:
    parts = order.parts.exclude(status=BulkPart.Status.DONE).order_by("ordinal")
    waiting = [(line, part.status) for part in parts for line in lines_in(part.content) if line.number > after]
    for line, status in sorted(waiting, key=lambda pair: pair[0].number):
        yield LineResult(
            line=line.number,
            state=WAITING if status == BulkPart.Status.WAITING else GIVEN_BACK,
            transfer_id=None,
            status="",
            asset=line.source_asset,
            amount=line.amount,
            destination=line.destination,
            reference=line.client_reference,
        )


def _state(route: str, status: str) -> str:
    if status in _UNPAID:
        return FAILED
    return PAID if status in (Status.RECONCILED, ROUTES[Route(route)].settled) else UNDER_WAY
