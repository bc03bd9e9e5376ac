"""Messages about alerts: written with the alert, sent after the commit, tried until the channel takes them: at least once.

Sending is claimed by pushing the next try into the future, so two processes send different messages, no transaction is open while
we talk to the outside, and a process that dies has merely tried.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from backoffice.alerts import channels
from backoffice.alerts.models import Alert, Delivery

log = structlog.get_logger(__name__)
OPENED, RESOLVED = "opened", "resolved"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 15, 3600

# Database time throughout: the processes that send need not agree on a clock.
_CLAIM = """
UPDATE alerts_delivery
   SET attempts = attempts + 1,
       next_try_at = clock_timestamp() + least(%(first)s * power(2, least(attempts, 20)), %(longest)s) * interval '1 second'
 WHERE id IN (
       SELECT id FROM alerts_delivery
        WHERE delivered_at IS NULL AND next_try_at <= clock_timestamp() AND channel = ANY(%(channels)s)
        ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


@dataclass(slots=True)
class Sent:
    delivered: int = 0
    failed: int = 0


def enqueue(alert: Alert, event: str) -> None:
    """One message per configured channel, in the caller's transaction."""
    messages = [Delivery(alert=alert, channel=name, event=event, next_try_at=Now()) for name in channels.names()]
    Delivery.objects.bulk_create(messages, ignore_conflicts=True)


def drain(limit: int = 50) -> Sent:
    """Send what is due; call it outside of transactions. Messages to a channel that is no longer configured stay, unsent."""
    sent = Sent()
    for delivery in Delivery.objects.filter(pk__in=_claim(limit)).select_related("alert").order_by("alert__opened_at", "event"):
        if _send(delivery):
            sent.delivered += 1
        else:
            sent.failed += 1
    return sent


def _claim(limit: int) -> list[UUID]:
    values: dict[str, Any] = {"first": _FIRST_PAUSE_S, "longest": _LONGEST_PAUSE_S, "channels": channels.names(), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [row[0] for row in cursor.fetchall()]


def _send(delivery: Delivery) -> bool:
    alert, problem = delivery.alert, ""
    try:
        taken = channels.send(delivery.channel, title=_title(delivery), body=_body(delivery), is_bad_news=delivery.event == OPENED)
        problem = "" if taken else "the channel did not take it"
    except channels.ChannelUnusable as error:
        problem = str(error)
    except Exception as error:  # A library that breaks on one message must not keep the others.
        log.exception("channel broke", channel=delivery.channel)
        problem = f"the channel broke: {type(error).__name__}"
    Delivery.objects.filter(pk=delivery.pk).update(last_error=problem, **({} if problem else {"delivered_at": Now()}))
    if problem:
        log.warning(
            "alert not delivered", alert=str(alert.pk), channel=delivery.channel, attempts=delivery.attempts, problem=problem
        )
    return not problem


def _title(delivery: Delivery) -> str:
    alert = delivery.alert
    return f"Resolved: {alert.title}" if delivery.event == RESOLVED else f"{alert.severity.capitalize()}: {alert.title}"


def _body(delivery: Delivery) -> str:
    alert = delivery.alert
    lines = [alert.resolution if delivery.event == RESOLVED else alert.detail, f"{settings.BASE_URL}{alert.link}"]
    if delivery.event == OPENED:
        lines.append(f"Runbook: {settings.BASE_URL}/runbooks/{alert.runbook}/")
    return "\n".join(lines)
