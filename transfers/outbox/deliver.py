"""Deliveries: claimed one by one, sent outside of any transaction, noted afterwards. At least once, with the same id each time.

A claim is a row update with a lease and a fence that grows, taken with SKIP LOCKED and committed before the call: two deliverers
never send the same message at the same time. A process that dies after the call leaves the lease to lapse, and the message is sent
again. What came of a call is written only while the fence is still ours. Locks: endpoint, then delivery.

Whose turn it is: the address with the fewest messages on their way, by lot among equals; and of one address the message that has
been due the longest, those of single transfers before those of a file's lines. So a client whose file makes a hundred thousand
messages keeps no other waiting, and hears of its other transfers meanwhile; and a claim reads a few rows of each address, however
many wait.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from standardwebhooks import Webhook

from audit import context
from transfers.crashpoints import crashpoint
from transfers.errors import Unavailable
from transfers.models import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from transfers.outbox import schedule, secrets
from transfers.outbox.calling import Answer, Caller
from transfers.outbox.database_clock import database_now
from transfers.outbox.endpoints import rules
from transfers.outbox.payload import body_of
from transfers.outbox.switching import Why, switch_off
from transfers.states import IN_FILES, SINGLE

log = structlog.get_logger(__name__)
State = WebhookDelivery.State
LEASE_S = 90
# At most so many messages to one address at a time, and one while it fails. The sweep alone has more hands than that
# (backoffice.alerts.jobs): a receiver that takes its time slows down nobody else.
HANDS_PER_ADDRESS = 3
GONE = 410
CLAIMING = {"lease": LEASE_S, "hands": HANDS_PER_ADDRESS, "single": SINGLE, "in_files": IN_FILES}

_CLAIM = """
    UPDATE transfers_webhookdelivery AS claimed
       SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s), fence = claimed.fence + 1,
           attempts = claimed.attempts + 1, tries = claimed.tries + 1
     WHERE claimed.id = (
           SELECT due.id
             FROM (SELECT endpoint.id, endpoint.failures, wanted.priority, (
                          SELECT count(*) FROM transfers_webhookdelivery AS busy
                           WHERE busy.endpoint_id = endpoint.id AND busy.state = 'pending' AND busy.lease_until >= clock_timestamp()
                          ) AS hands
                     FROM transfers_webhookendpoint AS endpoint
                    CROSS JOIN (VALUES (%(single)s), (%(in_files)s)) AS wanted (priority)
                    WHERE endpoint.status = 'enabled' AND endpoint.deleted_at IS NULL
                      AND (endpoint.paused_until IS NULL OR endpoint.paused_until <= clock_timestamp())
                    ORDER BY hands, wanted.priority, random()) AS address
            CROSS JOIN LATERAL (
                   SELECT delivery.id FROM transfers_webhookdelivery AS delivery
                    WHERE delivery.endpoint_id = address.id AND delivery.priority = address.priority AND delivery.state = 'pending'
                      AND delivery.next_try_at <= clock_timestamp()
                      AND (delivery.lease_until IS NULL OR delivery.lease_until < clock_timestamp())
                    ORDER BY delivery.next_try_at, delivery.id
                    LIMIT 1 FOR UPDATE SKIP LOCKED) AS due
            WHERE address.hands < CASE WHEN address.failures > 0 THEN 1 ELSE %(hands)s END
            LIMIT 1)
    RETURNING claimed.id, claimed.fence, claimed.attempts, claimed.tries
"""


@dataclass(frozen=True, slots=True)
class Claim:
    delivery_id: UUID
    fence: int
    attempt: int
    tries: int


def deliver_due(limit: int = 50) -> int:
    """Send up to `limit` messages that are due; returns how many were tried."""
    for tried in range(limit):
        claim = take()
        if claim is None:
            return tried
        deliver(claim)
    return limit


def take() -> Claim | None:
    """Lease a message that is due; None when there is nothing to send."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, CLAIMING)
        row = cursor.fetchone()
    crashpoint("webhook.after_claim")
    return Claim(*row) if row else None


def deliver(claim: Claim) -> None:
    """One try. Never raises for one address's trouble: it is written on its delivery."""
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").get(pk=claim.delivery_id)
    with context.caused_by(str(delivery.event_id)):
        started_at = datetime.now(UTC)
        answer = _send(delivery)
        crashpoint("webhook.after_send")
        with transaction.atomic():
            _note(claim, delivery, answer, started_at)
            crashpoint("webhook.before_commit")
        crashpoint("webhook.after_commit")


def _send(delivery: WebhookDelivery) -> Answer:
    event = delivery.event
    body = body_of(event)
    try:
        headers = signed_headers(event, body, secrets.texts(delivery.endpoint_id))
    except Unavailable:
        log.exception("message not signed", delivery=str(delivery.pk))
        return Answer(None, 0, error="We could not sign the message; the fault is ours.")
    return Caller(rules()).post(delivery.endpoint.url, headers=headers, body=body)


def signed_headers(event: OutboxEvent, body: bytes, texts: list[str]) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature per secret in force, and the conversation the event belongs to."""
    now = datetime.now(UTC)
    signatures = [Webhook(text).sign(str(event.pk), now, body.decode()) for text in texts]
    return {
        "webhook-id": str(event.pk),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "Correlation-Id": _plain(event.correlation_id),
    }


def _plain(text: str) -> str:
    """Nothing of it may end the header it stands in."""
    return "".join(character for character in text if "\x20" < character < "\x7f")[:200]


def _note(claim: Claim, delivery: WebhookDelivery, answer: Answer, started_at: datetime) -> None:
    """The attempt happened and is kept in any case; the delivery and its address change only while the claim is still ours."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=claim.attempt,
        started_at=started_at,
        duration_ms=answer.duration_ms,
        address=answer.address,
        status=answer.status,
        error=_error(answer),
        answer=answer.text,
    )
    ours = WebhookDelivery.objects.filter(pk=delivery.pk, fence=claim.fence)
    if answer.is_taken:
        ours.update(state=State.DELIVERED, delivered_at=Now(), lease_until=None, last_status=answer.status, last_error="")
        _is_well(endpoint)
        return
    pause_s = schedule.pause_s(claim.tries, answer.retry_after_s)
    is_over = pause_s is None or answer.status == GONE
    ours.update(
        lease_until=None, last_status=answer.status, last_error=_error(answer), next_try_at=Now() + timedelta(seconds=pause_s or 0)
    )
    ours.filter(state=State.PENDING).update(state=State.FAILED if is_over else State.PENDING)
    _is_unwell(endpoint, answer)


def _error(answer: Answer) -> str:
    if answer.is_taken or answer.error:
        return answer.error
    if answer.status is not None and 300 <= answer.status < 400:
        return f"It answered {answer.status}; redirects are not followed."
    return f"It answered {answer.status}."


def _is_well(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None, failures=0, paused_until=None, succeeded_at=Now())


def _is_unwell(endpoint: WebhookEndpoint, answer: Answer) -> None:
    """Leave it in peace for a while; switch it off when it says that it is gone, or has taken nothing for days."""
    failures = endpoint.failures + 1
    now = database_now()
    since = endpoint.failing_since or now
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failures=failures, failing_since=since, paused_until=now + timedelta(seconds=schedule.peace_s(failures))
    )
    if endpoint.status != WebhookEndpoint.Status.ENABLED or endpoint.deleted_at is not None:
        return
    if answer.status == GONE:
        switch_off(endpoint, Why.GONE, "The address answered 410 Gone: it wants no more messages.")
    elif now - since >= timedelta(days=schedule.GIVE_UP_AFTER_DAYS):
        switch_off(
            endpoint, Why.FAILURES, f"The address has taken nothing since {since:%Y-%m-%d %H:%M} UTC. Last: {_error(answer)}"
        )
