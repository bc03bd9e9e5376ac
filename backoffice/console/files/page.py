"""The page of one file: how far it is, what can be done, and its lines."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from backoffice.access.models import Operator
from backoffice.console import amounts
from backoffice.console.approvals.queue import destination_number
from backoffice.console.bars import WIDTH
from backoffice.console.files import listing
from backoffice.console.parts import Badge, Paging, Possible
from backoffice.console.words import badge_for
from transfers.commands.bulk.ending import why_not_cancel
from transfers.failures import FAILURES
from transfers.models import BulkOrder
from transfers.queries.bulk import FAILED, GIVEN_BACK, PAID, UNDER_WAY, WAITING, LineResult, page_of_lines, standing

PAGE = 100
CANCEL = "transfers.cancel_transfer"
_TITLES = {WAITING: "Waiting", UNDER_WAY: "Under way", PAID: "Paid", FAILED: "Failed", GIVEN_BACK: "Given back"}
_SEGMENTS = (PAID, UNDER_WAY, FAILED, GIVEN_BACK)
_NOW_S, _LATER_S = 3, 10


@dataclass(frozen=True, slots=True)
class Share:
    """What is in one state. `amounts` are pairs of minor units and asset."""

    state: str
    title: str
    lines: int
    amounts: list[tuple[int, str]]
    current: bool


@dataclass(frozen=True, slots=True)
class Segment:
    state: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class LineRow:
    line: LineResult
    number: str
    name: str
    badge: Badge
    failure: str


def sentence(order: BulkOrder) -> str:
    """ "Acme Robotics pays 600,000.00 USDC in 60,000 lines"."""
    sums = " and ".join(amounts.text(one["amount"], one["asset"]) for one in listing.totals(order.totals))
    return f"{order.client.name} pays {sums} in {in_lines(order.line_count)}"


def in_lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def context(order: BulkOrder, operator: Operator, state: str, after: int) -> dict[str, Any]:
    found, next_after = page_of_lines(order, after=after, state=state, limit=PAGE)
    keep = f"state={state}&" if state else ""
    paging = Paging(
        shown=len(found),
        noun="line" if len(found) == 1 else "lines",
        first_url=f"?{keep}#lines" if after else "",
        next_url=f"?{keep}after={next_after}#lines" if next_after else "",
    )
    far = progress(order, state)
    return far | {
        "heading": sentence(order),
        "sha256": bytes(order.upload.sha256).hex(),
        "totals": listing.totals(order.totals),
        "rows": [_line_row(one) for one in found],
        "paging": paging,
        "possible": _possible(order, operator, far["waiting"]),
        "may_stop": _may_stop(order, operator, far["waiting"]),
        "badge": badge_for(order.status),
        "sees_audit": operator.has_perm("audit.view_auditevent"),
    }


def progress(order: BulkOrder, state: str = "") -> dict[str, Any]:
    """What the part of the page that keeps itself up to date needs."""
    found = standing(order)
    shares = [
        Share(name, _TITLES[name], one.lines, [(amount, asset) for asset, amount in sorted(one.amounts.items())], name == state)
        for name, one in found.items()
    ]
    lines = {name: one.lines for name, one in found.items()}
    over = lines[PAID] + lines[FAILED] + lines[GIVEN_BACK]
    return {
        "order": order,
        "shares": shares,
        "all_lines": order.line_count,
        "state": state,
        "segments": _segments(lines, order.line_count),
        "says": _says(order, lines),
        "waiting": lines[WAITING],
        "seconds": _pause(order, over),
        "mark": f"{order.version}-{lines[WAITING]}-{over}",
    }


def _pause(order: BulkOrder, over: int) -> int:
    """Seconds until it is worth looking again; 0 when nothing can change."""
    if order.status == BulkOrder.Status.AWAITING_APPROVAL:
        return _LATER_S
    return _NOW_S if over < order.line_count or order.status == BulkOrder.Status.IN_PROGRESS else 0


def _segments(lines: dict[str, int], total: int) -> list[Segment]:
    """Shares of the bar in thousandths; what is there is seen, however little it is."""
    found, start = [], 0
    for state in _SEGMENTS:
        if lines[state]:
            width = min(max(lines[state] * WIDTH // total, 4), WIDTH - start)
            found.append(Segment(state, start, width))
            start += width
    return found


def _says(order: BulkOrder, lines: dict[str, int]) -> str:
    lost = lines[FAILED] + lines[GIVEN_BACK]
    match order.status:
        case BulkOrder.Status.AWAITING_APPROVAL:
            return "Everything is on hold and nothing has moved: it waits for people to approve file, count and total."
        case BulkOrder.Status.IN_PROGRESS:
            rest = f", {lost:,} ended without being paid" if lost else ""
            return f"It was released: {lines[PAID]:,} of {in_lines(order.line_count)} {_are(lines[PAID])} paid{rest}."
        case BulkOrder.Status.COMPLETED:
            return "Every line was paid." if not lost else f"{lines[PAID]:,} paid, {lost:,} not; what those took is free again."
    ended = {"rejected": "It was rejected", "cancelled": "It was stopped", "expired": "Its time was up"}[order.status]
    return f"{ended} before anything of it was carried out. What was on hold is free again."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _line_row(line: LineResult) -> LineRow:
    failure = FAILURES.get(line.failure_code)
    name = line.destination.get("name", "")
    return LineRow(line, destination_number(line.destination), name, badge_for(line.state), failure.detection if failure else "")


def _may_stop(order: BulkOrder, operator: Operator, waiting: int) -> bool:
    return operator.has_perm(CANCEL) and not why_not_cancel(order, has_waiting=waiting > 0)


def _possible(order: BulkOrder, operator: Operator, waiting: int) -> list[Possible]:
    why = why_not_cancel(order, has_waiting=waiting > 0)
    if not why and not operator.has_perm(CANCEL):
        why = "Your roles do not let you stop payments; an operator can."
    stop = Possible("Stop it", why) if why else Possible("Stop it", _stopping(order), dialog="stop-file")
    request = reverse("console:approval", args=[order.approval_request_id])
    decided = order.status != BulkOrder.Status.AWAITING_APPROVAL
    return [
        Possible(
            "See the request", "who decided on it, and when" if decided else "who can decide on it; never who made it", request
        ),
        Possible(
            "Take the results",
            "a CSV with what became of each line; taking it is recorded",
            reverse("console:file-results", args=[order.pk]),
        ),
        stop,
    ]


def _stopping(order: BulkOrder) -> str:
    if order.status == BulkOrder.Status.AWAITING_APPROVAL:
        return "nothing of it has moved, so all of it can be stopped"
    return "what was not begun yet; lines under way are cancelled one by one, where they still can be"
