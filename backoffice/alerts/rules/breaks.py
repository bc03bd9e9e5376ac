"""Differences with the outside that nobody has explained in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from audit import clock
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.time_in_state import ALERTS_PER_RULE, REST
from reconciliation.models import Break
from reconciliation.queries import OPEN

_LINK = "/reconciliation/breaks/"
_RUNBOOK = "transfer-unreconciled"
_WAKES = (Break.Severity.HIGH, Break.Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class OverdueBreaks:
    name: str = "break overdue"

    def find(self) -> list[Finding] | None:
        late = Break.objects.filter(status__in=OPEN, deadline_at__lt=clock.now())
        rows = list(late.order_by("deadline_at", "id")[:ALERTS_PER_RULE])
        count = late.count() if len(rows) == ALERTS_PER_RULE else len(rows)
        found = [_one(row) for row in rows]
        return found if count == len(rows) else [*found, _rest(count - len(rows))]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        ids = [UUID(alert.cause_key) for alert in alerts if alert.cause_key != REST]
        ended = {str(row.pk): row for row in Break.objects.filter(pk__in=ids)}
        return {alert.pk: _gone(ended.get(alert.cause_key)) for alert in alerts}


def _one(row: Break) -> Finding:
    return Finding(
        cause_key=str(row.pk),
        severity=Severity.CRITICAL if row.severity in _WAKES else Severity.WARNING,
        title=f"Break {row.reference} is past its deadline",
        detail=f"{row.title} It should have been explained by {row.deadline_at:%Y-%m-%d %H:%M} UTC.",
        link=_LINK,
        runbook=_RUNBOOK,
        transfer_id=row.transfer_id,
    )


def _rest(count: int) -> Finding:
    return Finding(
        cause_key=REST,
        severity=Severity.CRITICAL,
        title=f"{count} more breaks are past their deadline",
        detail="The oldest have alerts of their own. Look for one cause.",
        link=_LINK,
        runbook=_RUNBOOK,
    )


def _gone(row: Break | None) -> str:
    if row is None:
        return "The others have alerts of their own now, or have ended."
    if row.status in OPEN:
        return "It has a new deadline."
    return f"The break is {row.get_status_display().lower()}."
