"""Switching an address off and on, each with its record on the trail. The caller has locked the endpoint."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from audit.commands import record
from transfers.models import WebhookDelivery, WebhookEndpoint
from transfers.outbox import vocabulary

Why = WebhookEndpoint.DisabledBy
State = WebhookDelivery.State
Status = WebhookEndpoint.Status
PORTION = 10_000


def switch_off(endpoint: WebhookEndpoint, why: Why, reason: str) -> None:
    """Nothing is sent any more; what was waiting is kept as missed, and can be replayed."""
    keep(endpoint, reason, status=Status.DISABLED, disabled_by=why, disabled_at=Now())
    missed = set_aside(endpoint)
    tell(endpoint, vocabulary.DISABLED, reason=reason, disabled_by=why.value, missed=missed)


def switch_on(endpoint: WebhookEndpoint, reason: str) -> None:
    """Events from now on are sent, with a clean record; what was missed stays so until somebody replays it."""
    counters = {"failing_since": None, "failures": 0, "paused_until": None}
    keep(endpoint, reason, status=Status.ENABLED, disabled_by=Why.NOBODY, disabled_at=None, **counters)
    tell(endpoint, vocabulary.ENABLED, reason=reason)


def keep(endpoint: WebhookEndpoint, reason: str, **changes: Any) -> None:
    """Change the row and leave it as a version."""
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.change_reason = reason
    endpoint.save(update_fields=list(changes))
    endpoint.refresh_from_db()


def set_aside(endpoint: WebhookEndpoint) -> int:
    """Deliveries that were waiting wait no more; returns how many."""
    return in_portions(WebhookDelivery.objects.filter(endpoint=endpoint, state=State.PENDING), state=State.MISSED)


def in_portions(deliveries: QuerySet[WebhookDelivery], **changes: Any) -> int:
    """Change what `deliveries` does not find any more once it is changed, in the order of the ids; returns how many there were.

    A statement's time is limited, and an address may have hundreds of thousands waiting after a few large files."""
    changed = 0
    while portion := list(deliveries.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        changed += deliveries.filter(pk__in=portion).update(**changes)
    return changed


def tell(endpoint: WebhookEndpoint, kind: str, *, reason: str = "", **facts: object) -> None:
    """Secrets are never among the facts."""
    record(
        type=kind,
        resource_type="webhook_endpoint",
        resource_id=str(endpoint.pk),
        reason=reason,
        metadata={"client_id": endpoint.client_id, "url": endpoint.url, **facts},
    )
