"""Clients below zero: money that we have laid out, and that nobody gets back without asking for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.time_in_state import ALERTS_PER_RULE, REST
from ledger.chart import overdraft_account_code
from ledger.money import Money
from ledger.queries import Overdraft, balance, overdraft_receivables, overdrafts

_RUNBOOK = "client-overdrawn"


@dataclass(frozen=True, slots=True)
class OpenOverdrafts:
    """One alert per account, for as long as its balance is negative. A receivable has been decided on and rings no more."""

    name: str = "client overdrawn"

    def find(self) -> list[Finding] | None:
        found = overdrafts()
        alerts = [_one(overdraft) for overdraft in found[:ALERTS_PER_RULE]]
        rest = len(found) - len(alerts)
        return [*alerts, _rest(rest)] if rest else alerts

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        claims = {claim.account_code: claim for claim in overdraft_receivables()}
        return {alert.pk: _gone(alert, claims) for alert in alerts}


def _one(overdraft: Overdraft) -> Finding:
    said = [f"{overdraft.name} owes us {_amount(overdraft)}."]
    if overdraft.since is not None:
        why = f" ({overdraft.forced_kind.replace('_', ' ')})" if overdraft.forced_kind else ""
        said.append(f"It began at {overdraft.since:%Y-%m-%d %H:%M} UTC with posting {overdraft.caused_by}{why}.")
    return Finding(
        cause_key=overdraft.account_code,
        severity=Severity.WARNING,
        title=f"{overdraft.name} is {_amount(overdraft)} below zero",
        detail=" ".join(said),
        link=reverse("console:account", args=[overdraft.account_code]),
        runbook=_RUNBOOK,
        client_id=overdraft.owner.removeprefix("client:"),
    )


def _rest(count: int) -> Finding:
    return Finding(
        cause_key=REST,
        severity=Severity.CRITICAL,
        title=f"{count} more client accounts are below zero",
        detail="Those that are so for longest have alerts of their own. Look for one cause: a returned batch, a reorganised chain.",
        link=reverse("console:ledger"),
        runbook=_RUNBOOK,
    )


def _gone(alert: Alert, claims: Mapping[str, Overdraft]) -> str:
    if alert.cause_key == REST:
        return "The others have alerts of their own now, or are above zero again."
    now = balance(alert.cause_key)
    claim = claims.get(overdraft_account_code(now.owner, now.asset.id))
    if claim is None:
        return "The account is no longer below zero, and its owner owes nothing."
    return f"The account is no longer below zero; {_amount(claim)} is claimed on {claim.account_code}."


def _amount(overdraft: Overdraft) -> str:
    return f"{Money(overdraft.amount, overdraft.asset).format()} {overdraft.asset.code}"
