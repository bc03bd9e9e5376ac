"""A file's order as it stands: how many lines are where with how much money, and what became of each line, in the order of the
file."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from transfers.bulk.content import PlannedLine, lines_in
from transfers.machines import ROUTES
from transfers.models import BulkOrder, BulkPart
from transfers.states import TERMINAL, Route, Status

WAITING, UNDER_WAY, PAID, FAILED, GIVEN_BACK = "waiting", "under_way", "paid", "failed", "given_back"
STATES = (WAITING, UNDER_WAY, PAID, FAILED, GIVEN_BACK)
_UNPAID = TERMINAL - {Status.RECONCILED}
_OF_PARTS = {WAITING: BulkPart.Status.WAITING, GIVEN_BACK: BulkPart.Status.GIVEN_BACK}


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


@dataclass(slots=True)
class Standing:
    """How many lines are in one of STATES, and what they pay out: minor units by asset, fees not counted."""

    lines: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    def add(self, lines: int, asset: str, amount: int) -> None:
        self.lines += lines
        self.amounts[asset] = self.amounts.get(asset, 0) + int(amount)


def standing(order: BulkOrder) -> dict[str, Standing]:
    """Every one of STATES, in order. Two queries, however long the file is."""
    found = {state: Standing() for state in STATES}
    became = order.transfers.values_list("route", "status", "source_asset_id")
    for route, status, asset, count, amount in became.annotate(count=Count("id"), amount=Sum("source_amount")):
        found[_state(route, status)].add(count, asset, amount)
    parts = order.parts.exclude(status=BulkPart.Status.DONE)
    for status, asset, lines, amount in parts.values_list("status", "corridor__source_asset_id", "line_count", "amount"):
        found[WAITING if status == BulkPart.Status.WAITING else GIVEN_BACK].add(lines, asset, amount)
    return found


def progress(order: BulkOrder) -> dict[str, int]:
    """How many lines are in each of STATES."""
    return {state: one.lines for state, one in standing(order).items()}


def results(order: BulkOrder, *, after: int = 0, state: str = "") -> Iterator[LineResult]:
    """Every line above `after`, lowest first, read as they are taken; only those in `state`, if one is given."""
    return heapq.merge(_became(order, after, state), _not_yet(order, after, state), key=lambda one: one.line)


def page_of_lines(order: BulkOrder, *, after: int, state: str, limit: int) -> tuple[list[LineResult], int | None]:
    """Up to `limit` lines, and the number to ask for more after; None when there are no more."""
    found = list(islice(results(order, after=after, state=state), limit + 1))
    return found[:limit], found[limit - 1].line if len(found) > limit else None


def _became(order: BulkOrder, after: int, state: str) -> Iterator[LineResult]:
    wanted = _in_state(state)
    if wanted is None:
        return
    for one in order.transfers.filter(wanted, bulk_line__gt=after).order_by("bulk_line").iterator(chunk_size=500):
        yield LineResult(
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


def _in_state(state: str) -> Q | None:
    """None for a state in which no transfer is."""
    paid = Q(status=Status.RECONCILED)
    for route, machine in ROUTES.items():
        paid |= Q(route=route, status=machine.settled)
    failed = Q(status__in=sorted(_UNPAID))
    return {"": Q(), PAID: paid, FAILED: failed, UNDER_WAY: ~paid & ~failed}.get(state)


def _not_yet(order: BulkOrder, after: int, state: str) -> Iterator[LineResult]:
    if state and state not in _OF_PARTS:
        return
    for line, status in _in_order(order, after, state):
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


def _in_order(order: BulkOrder, after: int, state: str) -> Iterator[tuple[PlannedLine, str]]:
    """Lines of parts that were not carried out. A part is opened when the file's order reaches its first line, not before: the
    first page of a long file reads one part."""
    parts = order.parts.exclude(status=BulkPart.Status.DONE).exclude(last_line__lte=after)
    if state:
        parts = parts.filter(status=_OF_PARTS[state])
    opened: list[tuple[int, PlannedLine, str]] = []
    ordered = parts.order_by(F("first_line").asc(nulls_first=True)).values_list("pk", "status", "first_line")
    for part_id, status, first in list(ordered):
        while opened and opened[0][0] < (first or 0):
            _, line, of = heapq.heappop(opened)
            yield line, of
        content = BulkPart.objects.values_list("content", flat=True).get(pk=part_id)
        for line in lines_in(content):
            if line.number > after:
                heapq.heappush(opened, (line.number, line, status))
    while opened:
        _, line, of = heapq.heappop(opened)
        yield line, of


def _state(route: str, status: str) -> str:
    if status in _UNPAID:
        return FAILED
    return PAID if status in (Status.RECONCILED, ROUTES[Route(route)].settled) else UNDER_WAY
