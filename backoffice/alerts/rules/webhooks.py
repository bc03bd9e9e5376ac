"""Clients who are not told: an address that takes nothing, messages that nobody sends, receipts that nobody makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from backoffice.alerts import thresholds
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.time_in_state import ALERTS_PER_RULE
from transfers.models import WebhookEndpoint
from transfers.outbox.database_clock import database_now
from transfers.outbox.queries import failing, oldest_untold
from transfers.receipts.queries import oldest_due

_RUNBOOK = "webhooks-failing"
_UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class FailingEndpoints:
    """One alert per address, until it takes something, or a person has switched or removed it."""

    name: str = "webhook failing"

    def find(self) -> list[Finding] | None:
        return [_failing(endpoint) for endpoint in failing(thresholds.webhook())[:ALERTS_PER_RULE]]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        rows = {str(row.pk): row for row in WebhookEndpoint.objects.filter(pk__in=[alert.cause_key for alert in alerts])}
        return {alert.pk: _gone(rows.get(alert.cause_key)) for alert in alerts}


@dataclass(frozen=True, slots=True)
class UnsentMessages:
    """Events or messages lie about that nobody dispatches or sends, though their addresses are well."""

    name: str = "webhooks unsent"

    def find(self) -> list[Finding] | None:
        waiting = oldest_untold()
        if waiting is None or database_now() - waiting < thresholds.unsent():
            return []
        return [
            Finding(
                cause_key=_UNSENT,
                severity=Severity.WARNING,
                title="Clients are not being told",
                detail=f"The oldest message waits since {waiting:%Y-%m-%d %H:%M:%S} UTC. Nothing is lost: it stands in the outbox.",
                link=reverse("console:webhooks"),
                runbook=_RUNBOOK,
            )
        ]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Messages leave again." for alert in alerts}


@dataclass(frozen=True, slots=True)
class LateReceipts:
    """Transfers have settled, and their receipts are not made."""

    name: str = "receipts late"

    def find(self) -> list[Finding] | None:
        waiting = oldest_due()
        if waiting is None or database_now() - waiting < thresholds.unsent():
            return []
        return [
            Finding(
                cause_key="late",
                severity=Severity.WARNING,
                title="Receipts are not being made",
                detail=f"The oldest is due since {waiting:%Y-%m-%d %H:%M:%S} UTC. The payments themselves are done.",
                link=reverse("console:transfers"),
                runbook="receipts-late",
            )
        ]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "All receipts that are due have been made." for alert in alerts}


def _failing(endpoint: WebhookEndpoint) -> Finding:
    is_off = endpoint.status == WebhookEndpoint.Status.DISABLED
    why = {"gone": "It answered that it is gone.", "failures": "It took nothing for days."}.get(endpoint.disabled_by, "")
    since = f" Nothing was taken since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC." if endpoint.failing_since else ""
    return Finding(
        cause_key=str(endpoint.pk),
        severity=Severity.WARNING,
        title=f"{endpoint.client.name} is not told: a webhook {'was switched off' if is_off else 'keeps failing'}",
        detail=f"{endpoint.url} {why or f'{endpoint.failures} messages in a row were not taken.'}{since}".strip(),
        link=reverse("console:webhook", args=[endpoint.pk]),
        runbook=_RUNBOOK,
        client_id=endpoint.client_id,
    )


def _gone(endpoint: WebhookEndpoint | None) -> str:
    if endpoint is None or endpoint.deleted_at is not None:
        return "The address was removed."
    if endpoint.status == WebhookEndpoint.Status.DISABLED:
        return f"It is switched off on purpose, by the {endpoint.disabled_by or 'client'}."
    return "It takes messages again." if endpoint.failing_since is None else "It was switched on again; it has time to recover."
