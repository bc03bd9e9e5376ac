"""Too little or too much money where we pay from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from ledger.money import Money
from transfers.queries.liquidity import Liquidity, Verdict, by_verdict, liquidity

_SEVERITY = {Verdict.SHORT: Severity.CRITICAL, Verdict.LOW: Severity.WARNING, Verdict.HIGH: Severity.WARNING}
_RUNBOOK = {Verdict.SHORT: "liquidity-low", Verdict.LOW: "liquidity-low", Verdict.HIGH: "liquidity-high"}


@dataclass(frozen=True, slots=True)
class Levels:
    """One alert per account and kind of trouble, for as long as it lasts."""

    name: str = "liquidity"

    def find(self) -> list[Finding] | None:
        return [_finding(one) for one in by_verdict(liquidity(), *_SEVERITY)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        now = liquidity()
        return {alert.pk: _gone(now.get(alert.cause_key.partition("|")[0])) for alert in alerts}


def _finding(one: Liquidity) -> Finding:
    return Finding(
        cause_key=f"{one.account_code}|{one.verdict}",
        severity=_SEVERITY[one.verdict],
        title=_title(one),
        detail=_detail(one),
        link=f"{reverse('console:terminal')}?asset={one.asset.id}",
        runbook=_RUNBOOK[one.verdict],
    )


def _title(one: Liquidity) -> str:
    if one.verdict is Verdict.SHORT:
        return f"{one.name} is {_text(one, one.shortage)} short of what waits for it"
    return f"{one.name} is {'below its minimum' if one.verdict is Verdict.LOW else 'above its maximum'}"


def _detail(one: Liquidity) -> str:
    said = [
        f"Our books hold {_text(one, one.held)}; {_text(one, one.flying.leaving)} of it is promised or sent,"
        f" {_text(one, one.flying.coming)} is coming, so {_text(one, one.expected)} is expected."
    ]
    if one.waiting:
        said.append(f"Payments of {_text(one, one.waiting)} are priced and wait.")
    if one.level is not None:
        most = _text(one, one.level.maximum) if one.level.maximum is not None else "no maximum"
        said.append(f"Levels: {_text(one, one.level.minimum)} to {most}, target {_text(one, one.level.target)}.")
    return " ".join(said)


def _gone(now: Liquidity | None) -> str:
    """Why it rings no more: from the figures as they are."""
    if now is None:
        return "The account is no longer one that we pay from."
    words = {
        Verdict.FINE: "is within its levels, and nothing waits for it",
        Verdict.SHORT: "is short of what waits for it now, which has an alert of its own",
        Verdict.LOW: "is below its minimum now, which has an alert of its own",
        Verdict.HIGH: "is above its maximum now, which has an alert of its own",
    }
    return f"{now.name} {words[now.verdict]}: {_text(now, now.expected)} is expected there."


def _text(one: Liquidity, minor: int) -> str:
    return f"{Money(minor, one.asset).format()} {one.asset.code}"
