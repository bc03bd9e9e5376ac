"""What the stories about messages have in common."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from transfers.models import WebhookDelivery, WebhookEndpoint
from transfers.outbox import endpoints
from transfers.outbox.deliver import deliver_due
from transfers.outbox.dispatch import dispatch_all


def listen(url: str, *, events: Sequence[str] = ("*",), client_id: str = "acme") -> tuple[WebhookEndpoint, str]:
    """An address of the client, and its secret."""
    return endpoints.add(client_id=client_id, url=url, events=events)


def tell(passes: int = 1) -> int:
    """Dispatch and send what is due; returns how many messages were tried."""
    dispatch_all()
    return sum(deliver_due() for _ in range(passes))


def hurry() -> None:
    """Skip every pause of the schedule and of the addresses, and let leases lapse: time passes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE transfers_webhookdelivery SET next_try_at = clock_timestamp() - interval '1 hour',"
            " lease_until = lease_until - interval '1 hour'"
        )
        cursor.execute("UPDATE transfers_webhookendpoint SET paused_until = NULL")


def only_delivery(**which: Any) -> WebhookDelivery:
    return WebhookDelivery.objects.get(**which)
