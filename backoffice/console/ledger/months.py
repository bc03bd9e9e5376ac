"""The accounting months for reading: how far they are closed, what each held, and what may be asked for."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.access.models import Operator
from backoffice.console.corrections.asks import Asks, of_months
from ledger import queries
from ledger.queries import Month

# A year and two months: longer ago is in the audit trail and in the snapshots.
_MOST = 14


@dataclass(frozen=True, slots=True)
class MonthLine:
    """`debits` are what was booked in it per asset, as the closing recorded; `request_id` the request by which it was closed."""

    month: Month
    debits: list[tuple[str, int]]
    request_id: str
    asks: Asks


@dataclass(frozen=True, slots=True)
class MonthsPage:
    heading: str
    lines: list[MonthLine]
    more: int


def page(operator: Operator, now: datetime) -> MonthsPage:
    found = queries.periods(now=now)
    shown = found[:_MOST]
    lines = [_line(month, asks) for month, asks in zip(shown, of_months(shown, operator), strict=True)]
    return MonthsPage(_heading(found), lines, len(found) - len(shown))


def _heading(found: list[Month]) -> str:
    closed = next((month for month in found if month.status == "closed"), None)
    return f"Closed up to {closed.month:%B %Y}" if closed else "No month is closed yet"


def _line(month: Month, asks: Asks) -> MonthLine:
    debits = [(asset_id, int(amount)) for asset_id, amount in sorted(month.record.get("debits", {}).items())]
    return MonthLine(month, debits, month.record.get("approval_request", ""), asks)
