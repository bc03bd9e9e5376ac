"""What the stories about messages have in common."""

import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from transfers.models import WebhookDelivery, WebhookEndpoint
from transfers.outbox import dispatch, endpoints
from transfers.outbox.deliver import deliver_due


def listen(url: str, *, events: Sequence[str] = ("*",), client_id: str = "acme") -> tuple[WebhookEndpoint, str]:
    """An address of the client, and its secret."""
    return endpoints.add(client_id=client_id, url=url, events=events)


def reach() -> None:
    """Wait until everything committed is below the horizon: others use databases of this server, and it is one for all of them."""
    deadline = time.monotonic() + 60
    while _above_horizon():
        if time.monotonic() > deadline:
            raise TimeoutError("somebody keeps a transaction open")
        time.sleep(0.01)


def _above_horizon() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM transfers_outboxevent WHERE txid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        return int(cursor.fetchone()[0])


def dispatch_all() -> int:
    """Make the deliveries of everything committed; returns how many events were looked at."""
    reach()
    return dispatch.dispatch_all()


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
