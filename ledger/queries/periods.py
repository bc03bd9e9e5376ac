"""Accounting months for the page: which are open, what they hold, who closed them, and what may be done with each."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from ledger.models import Period
from ledger.queries.rows import select


@dataclass(frozen=True, slots=True)
class Month:
    """`postings` are valued in it: counted now while it is open, as recorded at the closing once it is closed. `record` is what the
    closing kept: postings, debits per asset id in minor units as text, the proofs that held, the request that asked for it.

    `obstacle` says why it can be neither closed nor reopened now; empty when one of the two can be asked for.
    """

    month: date
    status: str
    postings: int
    closed_at: datetime | None = None
    closed_by: str = ""
    reason: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    obstacle: str = ""

    @property
    def name(self) -> str:
        return f"{self.month:%Y-%m}"


# From the first open month on; before it nothing can be valued any more.
_OPEN = """
    SELECT date_trunc('month', value_at AT TIME ZONE 'UTC')::date AS month, count(*) AS postings
      FROM ledger_ledgertransaction WHERE %(since)s::date IS NULL OR value_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC'
     GROUP BY 1
"""


def is_closed(moment: datetime) -> bool:
    """Whether the month of `moment` is closed, itself or with a later one."""
    month = moment.astimezone(UTC).date().replace(day=1)
    return Period.objects.filter(month__gte=month, status=Period.Status.CLOSED).exists()


def periods(*, now: datetime) -> list[Month]:
    """Every month from the first that was ever closed or valued to the running one, or to the last valued; the latest first."""
    rows = {row.month: row for row in Period.objects.all()}
    closed = [month for month, row in rows.items() if row.status == Period.Status.CLOSED]
    latest = max(closed, default=None)
    since = None if latest is None else _next(latest)
    counted = {row["month"]: int(row["postings"]) for row in select(_OPEN, {"since": since})}
    this_month = now.astimezone(UTC).date().replace(day=1)
    first = min([*rows, *counted, this_month])
    months = _from_to(first, max([*counted, this_month]))
    return [_month(month, rows.get(month), counted.get(month, 0), _obstacle(month, latest, first, this_month)) for month in months][
        ::-1
    ]


def _month(month: date, row: Period | None, counted: int, obstacle: str) -> Month:
    if row is None or row.status == Period.Status.OPEN:
        return Month(month, "open", counted, reason=row.reason if row else "", obstacle=obstacle)
    return Month(month, "closed", int(row.record["postings"]), row.closed_at, row.closed_by, row.reason, row.record, obstacle)


def _obstacle(month: date, latest: date | None, first: date, this_month: date) -> str:
    if latest is not None and month < latest:
        return f"{latest:%Y-%m} has to be reopened first."
    if month == latest:
        return ""
    if month >= this_month:
        return "It is not over yet." if month == this_month else "It has not begun."
    comes_first = first if latest is None else _next(latest)
    return "" if month == comes_first else f"{comes_first:%B %Y} has to be closed first."


def _from_to(first: date, last: date) -> list[date]:
    months = [first]
    while months[-1] < last:
        months.append(_next(months[-1]))
    return months


def _next(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
