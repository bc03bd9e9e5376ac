"""The verbs of alerts: one opens per cause, somebody acknowledges it, it resolves itself. Each is audited."""

from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock, context
from audit.commands import record
from audit.identity import new_id
from backoffice.alerts import outbox, vocabulary
from backoffice.alerts.errors import AlertResolved, AlertUnknown
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding


@transaction.atomic
def open_alert(rule: str, finding: Finding) -> bool:
    """Open the alert of this cause, unless one is open: whoever inserts first tells everybody. True when it was us."""
    alert = Alert(
        id=new_id(),
        rule=rule,
        cause_key=finding.cause_key,
        severity=finding.severity,
        title=finding.title,
        detail=finding.detail,
        client_id=finding.client_id,
        transfer_id=finding.transfer_id,
        link=finding.link,
        runbook=finding.runbook,
        opened_at=clock.now(),
    )
    # Tells nothing about whether the row went in, so look for our own id.
    Alert.objects.bulk_create([alert], ignore_conflicts=True)
    if not Alert.objects.filter(pk=alert.pk).exists():
        return False
    outbox.enqueue(alert, outbox.OPENED)
    _record(vocabulary.OPENED, alert, reason=finding.title, rule=rule, runbook=finding.runbook)
    return True


@transaction.atomic
def resolve(alert: Alert, why: str) -> bool:
    """End an open alert whose cause is gone. False when somebody else ended it first."""
    if Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=clock.now(), resolution=why) == 0:
        return False
    outbox.enqueue(alert, outbox.RESOLVED)
    _record(vocabulary.RESOLVED, alert, reason=why, rule=alert.rule)
    return True


@transaction.atomic
def acknowledge(alert_id: UUID) -> Alert:
    """The acting operator takes it on; the first one stays named. Raises AlertUnknown, AlertResolved."""
    alert = Alert.objects.select_for_update().filter(pk=alert_id).first()
    if alert is None:
        raise AlertUnknown
    if alert.resolved_at is not None:
        raise AlertResolved(alert.resolution)
    if alert.acknowledged_at is not None:
        return alert
    alert.acknowledged_at, alert.acknowledged_by = clock.now(), context.current().actor.id
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _record(vocabulary.ACKNOWLEDGED, alert)
    return alert


def _record(kind: str, alert: Alert, *, reason: str = "", **metadata: Any) -> None:
    record(
        type=kind,
        resource_type="alert",
        resource_id=str(alert.pk),
        reason=reason,
        metadata={"cause_key": alert.cause_key, **metadata},
        transaction_id=alert.transfer_id,
    )
