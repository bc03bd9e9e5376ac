"""Providers that are out of use, corridors that are walled off, reference rates that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from transfers.queries.providers import Lane, Needed, Standing, lanes, needed_rates, standings


@dataclass(frozen=True, slots=True)
class OutOfUse:
    """One per provider whose breaker is open. Corridors that can do without it go on."""

    name: str = "provider out of use"

    def find(self) -> list[Finding] | None:
        return [_out(one) for one in standings() if one.is_out and one.state is not None]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "It is in use again." for alert in alerts}


@dataclass(frozen=True, slots=True)
class WalledOff:
    """One per corridor in which nothing new can begin."""

    name: str = "corridor walled off"

    def find(self) -> list[Finding] | None:
        return [_walled(lane) for lane in lanes() if lane.is_walled_off]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "The corridor takes new work again." for alert in alerts}


@dataclass(frozen=True, slots=True)
class NoReference:
    """One per corridor that converts and has no reference rate that is fresh enough."""

    name: str = "reference rate missing"

    def find(self) -> list[Finding] | None:
        return [_missing(one) for one in needed_rates() if one.found is None]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "There is a fresh rate again." for alert in alerts}


def _out(one: Standing) -> Finding:
    by_hand = one.state is not None and one.state.is_manual
    why = f"Taken out by {one.state.changed_by}: {one.state.reason}" if by_hand and one.state else "Too many of its calls failed."
    error = f" Last error: {one.state.last_error}" if one.state and one.state.last_error else ""
    return Finding(
        cause_key=one.provider.code,
        severity=Severity.WARNING,
        title=f"{one.provider.name} is out of use",
        detail=f"{why}{error}",
        link=reverse("console:provider", args=[one.provider.code]),
        runbook="provider-out-of-use",
    )


def _walled(lane: Lane) -> Finding:
    why = f"It waits for {', '.join(lane.missing)}." if lane.missing else "No desk is left that could price it."
    return Finding(
        cause_key=lane.corridor.id,
        severity=Severity.CRITICAL,
        title=f"Nothing new begins in {lane.corridor.id}",
        detail=f"{why} Transfers in it wait and lose nothing; other corridors go on.",
        link=reverse("console:providers"),
        runbook="provider-out-of-use",
    )


def _missing(one: Needed) -> Finding:
    return Finding(
        cause_key=one.corridor.id,
        severity=Severity.CRITICAL,
        title=f"No fresh reference rate for {one.source} to {one.target}",
        detail=f"Nothing in {one.corridor.id} is priced: {one.why}.",
        link=reverse("console:rates"),
        runbook="reference-rate-missing",
    )
