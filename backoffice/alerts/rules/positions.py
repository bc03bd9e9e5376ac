"""Differences between our books and the outside that nothing explains, and figures of the outside that are too old to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from ledger.money import Money
from reconciliation.positions import Position, overview


@dataclass(frozen=True, slots=True)
class Unexplained:
    """One alert per place. What is not known opens none and resolves none: a node that is away hides nothing."""

    name: str = "unexplained difference"

    def find(self) -> list[Finding] | None:
        return [_finding(one, one.unexplained) for one in overview().positions if one.is_reported and one.unexplained]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        now = {one.place.account_code: one for one in overview().positions}
        return {alert.pk: _gone(now.get(alert.cause_key)) for alert in alerts}


def _finding(one: Position, unexplained: int) -> Finding:
    side = "more" if unexplained > 0 else "less"
    reading = one.reading
    seen = f"block {reading.block_number}" if reading is not None and reading.block_number is not None else "the last statement"
    return Finding(
        cause_key=one.place.account_code,
        severity=Severity.CRITICAL if unexplained < 0 else Severity.WARNING,
        title=f"{one.place.name}: {_text(one, abs(unexplained))} {side} outside than anything explains",
        detail=(
            f"Our books say {_text(one, one.ledger)}, the outside {_text(one, one.external or 0)} at {seen};"
            f" movements on their way explain {_text(one, one.explained)} of the difference. Open breaks here: {one.open_breaks}."
        ),
        link=f"{reverse('console:terminal')}?asset={one.place.asset.id}",
        runbook="position-unexplained",
    )


def _gone(now: Position | None) -> str:
    if now is None:
        return "The account is no longer a place where we keep money."
    if now.difference:
        return f"The difference of {_text(now, now.difference)} is explained by movements on their way."
    return "Books and outside agree."


def _text(one: Position, minor: int) -> str:
    return f"{Money(minor, one.place.asset).format()} {one.place.asset.code}"
