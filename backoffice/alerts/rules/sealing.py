"""The audit trail is not sealed, or its seal is kept by nobody else. Times are the database's, as those of the trail are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from audit.queries_sealing import AnchorStatus, LogStatus, log_status
from backoffice.alerts import thresholds
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity

_LINK = "/audit/"
REFUSED, BEHIND, HELD_BACK, SILENT = "refused", "behind", "held back", "silent"
_REFUSES = " refuses"


@dataclass(frozen=True, slots=True)
class Sealing:
    """The sealer refuses, is behind, is held back by somebody's open transaction, or has stopped signing that nothing happened."""

    name: str = "sealing"

    def find(self) -> list[Finding] | None:
        status = log_status()
        if status.refused_since is not None:
            return [_refused(status.refused_since, status.refusal)]
        return list(_late(status))

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "The trail is sealed again up to now." for alert in alerts}


@dataclass(frozen=True, slots=True)
class Anchoring:
    """An anchor refuses our log, or has waited for a checkpoint longer than its own pace and the threshold allow."""

    name: str = "anchoring"

    def find(self) -> list[Finding] | None:
        status = log_status()
        active = [anchor for anchor in status.anchors if anchor.active]
        refusing = [_refusing(anchor) for anchor in active if anchor.refuses]
        return refusing + [
            _unanchored(anchor) for anchor in active if not anchor.refuses and _waits_too_long(anchor, status.asked_at)
        ]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        anchors = {anchor.name: anchor for anchor in log_status().anchors if anchor.active}
        return {alert.pk: _gone(anchors.get(alert.cause_key.removesuffix(_REFUSES))) for alert in alerts}


def _refused(since: datetime, reason: str) -> Finding:
    return Finding(
        cause_key=REFUSED,
        severity=Severity.CRITICAL,
        title="The sealer refuses to sign the audit trail",
        detail=f"Since {since:%Y-%m-%d %H:%M} UTC. {reason} Work goes on, and events wait unsealed until somebody has looked.",
        link=_LINK,
        runbook="audit-seal-refused",
    )


def _late(status: LogStatus) -> Iterator[Finding]:
    limit, now = thresholds.seal(), status.asked_at
    if status.oldest_sealable_at is not None and now - status.oldest_sealable_at > limit:
        yield _behind(BEHIND, Severity.CRITICAL, "The audit trail is not being sealed", status.oldest_sealable_at, "")
    elif status.oldest_unsealed_at is not None and now - status.oldest_unsealed_at > limit:
        held = " A transaction that stays open on the database server holds the seal back; nothing is wrong with the sealer."
        yield _behind(HELD_BACK, Severity.WARNING, "The seal of the audit trail is held back", status.oldest_unsealed_at, held)
    elif status.newest is not None and now - status.newest.signed_at > limit + timedelta(seconds=2 * settings.AUDIT_HEARTBEAT):
        nothing = " There is nothing new to seal, but the log must say so: silence is what an attacker would leave."
        yield _behind(SILENT, Severity.CRITICAL, "The audit log has stopped signing", status.newest.signed_at, nothing)


def _behind(cause: str, severity: Severity, title: str, since: datetime, more: str) -> Finding:
    return Finding(
        cause_key=cause,
        severity=severity,
        title=title,
        detail=f"Nothing is signed since {since:%Y-%m-%d %H:%M:%S} UTC.{more}",
        link=_LINK,
        runbook="audit-seal-behind",
    )


def _waits_too_long(anchor: AnchorStatus, now: datetime) -> bool:
    if anchor.waiting_since is None:
        return False
    return now - anchor.waiting_since > thresholds.anchor() + timedelta(seconds=anchor.every_s)


def _refusing(anchor: AnchorStatus) -> Finding:
    return Finding(
        cause_key=anchor.name + _REFUSES,
        severity=Severity.CRITICAL,
        title=f"The anchor {anchor.name} refuses our audit log",
        detail=f"It says that the log is not the one it knows: {anchor.last_error}. Somebody may have rewritten it.",
        link=_LINK,
        runbook="audit-seal-refused",
    )


def _gone(anchor: AnchorStatus | None) -> str:
    if anchor is None:
        return "It is configured no more."
    return "It fails otherwise now." if anchor.attempts else "It takes checkpoints again."


def _unanchored(anchor: AnchorStatus) -> Finding:
    why = f"{anchor.attempts} attempts failed in a row. The last: {anchor.last_error}." if anchor.attempts else "Nothing was tried."
    return Finding(
        cause_key=anchor.name,
        severity=Severity.CRITICAL,
        title=f"The anchor {anchor.name} gets no checkpoints",
        detail=f"It waits since {anchor.waiting_since:%Y-%m-%d %H:%M:%S} UTC. {why}",
        link=_LINK,
        runbook="audit-anchor-behind",
    )
