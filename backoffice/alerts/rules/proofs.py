"""Books that no longer prove themselves, and proofs that nobody has run for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.processes import looking_since_s
from ledger.queries.proofs import ProofStatus, proof_status, seconds_since_last_run

_BROKEN, _LATE = "ledger-proof-broken", "ledger-proof-late"
LATE_AFTER_S = 600
_LATE_KEY = "ledger"


@dataclass(frozen=True, slots=True)
class BrokenProofs:
    """One alert per proof, for as long as it does not hold."""

    name: str = "proof broken"

    def find(self) -> list[Finding] | None:
        return [_broken(status) for status in proof_status() if status.found]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        proved = {status.name: status.proved_at for status in proof_status()}
        return {alert.pk: _gone(proved.get(alert.cause_key)) for alert in alerts}


@dataclass(frozen=True, slots=True)
class LateProofs:
    """The scheduled check runs every minute; silence means that nobody would notice."""

    name: str = "proof late"

    def find(self) -> list[Finding] | None:
        """None until we have looked for as long as it may be late: after a cold start nothing has run yet."""
        silent_s = seconds_since_last_run()
        if silent_s is not None and silent_s < LATE_AFTER_S:
            return []
        if looking_since_s() < LATE_AFTER_S:
            return None
        return [_late(silent_s)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "The books are proved again." for alert in alerts}


def _broken(status: ProofStatus) -> Finding:
    said = [f"It proves: {status.says}"]
    said += [f"Found: {finding.subject}: {finding.message}." for finding in status.findings[:1]]
    if status.found > 1:
        said.append(f"There are {status.found} findings.")
    return Finding(
        cause_key=status.name,
        severity=Severity.CRITICAL,
        title=f"The books do not prove themselves: {status.name.replace('_', ' ')}",
        detail=" ".join(said),
        link=reverse("console:proofs"),
        runbook=_BROKEN,
    )


def _gone(proved_at: datetime | None) -> str:
    if proved_at is None:
        return "There is no such proof any more."
    return f"The proof held again at {proved_at:%Y-%m-%d %H:%M} UTC."


def _late(silent_s: int | None) -> Finding:
    since = "since this process looks" if silent_s is None else f"for {silent_s // 60} minutes"
    return Finding(
        cause_key=_LATE_KEY,
        severity=Severity.CRITICAL,
        title=f"The books were not proved {since}",
        detail="The sweep does it every minute. Nothing is known to be wrong; nobody would notice if it were.",
        link=reverse("console:proofs"),
        runbook=_LATE,
    )
