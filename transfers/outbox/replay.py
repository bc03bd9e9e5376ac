"""Starting deliveries over: one, or all of an address that were not taken since a moment; each with its reason on the trail."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from transfers.commands.wake import tell_clients_after_commit
from transfers.errors import NotFound, Refused
from transfers.models import WebhookDelivery, WebhookEndpoint
from transfers.outbox import endpoints, vocabulary
from transfers.outbox.switching import State, Status, in_portions, tell

NOT_TAKEN = (State.FAILED, State.MISSED)


@transaction.atomic
def replay_one(*, delivery_id: UUID, client_id: str, reason: str) -> None:
    """Send it once more, also when it was taken, or now when it waits for its next try; the id stays. Raises NotFound, Refused."""
    found = WebhookDelivery.objects.filter(pk=delivery_id, endpoint__client_id=client_id).first()
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    endpoint = _listening(found.endpoint_id, client_id)
    # One that is being sent at this moment is not sent twice.
    free = WebhookDelivery.objects.filter(pk=found.pk).exclude(state=State.PENDING, lease_until__gt=Now())
    free.update(**_started_over())
    _heed(endpoint)
    tell(endpoint, vocabulary.REPLAYED, reason=reason, event=str(found.event_id), was=found.state)


@transaction.atomic
def replay_since(*, endpoint_id: UUID, client_id: str, since: datetime, reason: str) -> int:
    """Send everything that failed or was missed of what happened since then; how many that are. Raises NotFound, Refused."""
    endpoint = _listening(endpoint_id, client_id)
    untaken = WebhookDelivery.objects.filter(endpoint=endpoint, state__in=NOT_TAKEN, event__recorded_at__gte=since)
    count = in_portions(untaken, **_started_over())
    if count == 0:
        raise Refused("nothing_to_replay", "Nothing that happened since then was left untaken.")
    _heed(endpoint)
    tell(endpoint, vocabulary.REPLAYED, reason=reason, since=since, count=count)
    return count


def _listening(endpoint_id: UUID, client_id: str) -> WebhookEndpoint:
    endpoint = endpoints.find(endpoint_id, client_id, locked=True)
    if endpoint.deleted_at is not None or endpoint.status != Status.ENABLED:
        raise Refused("webhook_disabled", "The address is switched off. Switch it on first, then replay.")
    return endpoint


def _started_over() -> dict[str, Any]:
    return {"state": State.PENDING, "tries": 0, "next_try_at": Now() - timedelta(milliseconds=1), "lease_until": None}


def _heed(endpoint: WebhookEndpoint) -> None:
    """Whoever replays has a reason to believe that it is taken now."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=None)
    tell_clients_after_commit()
