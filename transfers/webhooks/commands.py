"""Receiving a message, and making what little is made of it: a hint that a transfer is worth a look now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from audit import clock
from audit.commands import record
from audit.identity import new_id
from transfers.commands.wake import wake_after_commit
from transfers.models import BankAccount, InboundWebhook, Leg, Transfer
from transfers.rails.adapters import Kind
from transfers.rails.inbox import NotGenuine, NotUnderstood
from transfers.rails.registry import kind_of
from transfers.rates import Rate, take
from transfers.states import RequestState, Route
from transfers.states import Status as Settled
from transfers.vocabulary import WEBHOOKS_REPROCESSED
from transfers.webhooks.inboxes import inbox_of
from transfers.webhooks.verify import MAX_ID_LENGTH

log = structlog.get_logger(__name__)
Status = InboundWebhook.Status

# Headers worth keeping as evidence; the rest is the transport's, or somebody's secret.
_KEPT_HEADERS = ("content-type", "user-agent")
_MAX_HEADER_LENGTH = 1000
MAX_REJECTED_BYTES = 4096
# Refused attempts are recorded, but nobody without a secret may fill the disk: after a burst, one per second and source.
_REJECTIONS = Rate(per_second=1.0, burst=100)
_REJECTIONS_NAMESPACE = UUID("5d1f3f0e-6f0b-4c8e-9a55-0f1f1f3f7a10")

# `xmax` is zero for a row that this statement inserted. Of a repeat only the count is kept, and whether it said something else.
_STORE = """
INSERT INTO transfers_inboundwebhook AS known
       (id, source, webhook_id, headers, body, status, detail, deliveries, received_at)
VALUES (%(id)s, %(source)s, %(webhook_id)s, %(headers)s, %(body)s, 'stored', '', 1, clock_timestamp())
ON CONFLICT (source, webhook_id) WHERE NOT (status = 'rejected') DO UPDATE
   SET deliveries = known.deliveries + 1,
       detail = CASE WHEN known.body = EXCLUDED.body THEN known.detail ELSE 'A repeat under this id had another body.' END
RETURNING id, xmax = 0, body = %(body)s
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    webhook_id: UUID
    is_new: bool


def store(*, source: str, webhook_id: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Keep a genuine message, raw; a repeat (same source and id) is only counted. Committed when this returns."""
    values: dict[str, Any] = {
        "id": new_id(),
        "source": source,
        "webhook_id": webhook_id,
        "headers": Jsonb(kept(source, headers)),
        "body": body,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        row_id, is_new, is_same = cursor.fetchone()
    if not is_same:
        log.warning("webhook repeated with another body", source=source, webhook_id=webhook_id)
    return Receipt(UUID(str(row_id)), bool(is_new))


def reject(*, source: str, headers: Mapping[str, str], body: bytes, detail: str) -> bool:
    """Record a refused attempt, its body cut at MAX_REJECTED_BYTES. False when there are too many of them to be recorded."""
    if take(uuid5(_REJECTIONS_NAMESPACE, source), _REJECTIONS) is not None:
        log.warning("webhook refused and not recorded: too many refused attempts", source=source, detail=detail)
        return False
    InboundWebhook.objects.create(
        source=source,
        webhook_id=_claimed(source, headers, body),
        headers=kept(source, headers),
        body=body[:MAX_REJECTED_BYTES],
        status=Status.REJECTED,
        detail=detail,
        received_at=Now(),
    )
    return True


def kept(source: str, headers: Mapping[str, str]) -> dict[str, str]:
    names = (*_KEPT_HEADERS, *inbox_of(source).keeps)
    return {name: headers[name][:_MAX_HEADER_LENGTH] for name in names if name in headers}


def _claimed(source: str, headers: Mapping[str, str], body: bytes) -> str:
    """The id that a refused message says it has, as far as it can be read."""
    try:
        return inbox_of(source).identify(headers, body)[:MAX_ID_LENGTH]
    except NotGenuine:
        return ""


@transaction.atomic
def process(webhook_id: UUID) -> Status:
    """Make of one stored message what can be made of it; doing it again does no harm. Must run with an actor bound."""
    message = InboundWebhook.objects.exclude(status=Status.REJECTED).get(pk=webhook_id)
    try:
        names, deviates = inbox_of(message.source).names(bytes(message.body))
    except NotUnderstood as error:
        return _done(message, Status.FAILED, str(error))
    sent = _sent(message.source, names).order_by("reference")
    transfers = list(dict.fromkeys(sent.values_list("transfer_id", flat=True)))
    if not transfers:
        return _done(message, Status.FAILED, f"We have sent nothing under {names[0]}.")
    told = [_look_now(transfer_id) for transfer_id in transfers]
    return _done(message, Status.PROCESSED, f"{told[0]} {deviates}".strip(), transfer_id=transfers[0])


def _sent(source: str, names: Sequence[str]) -> QuerySet[Leg]:
    """What we have sent under these names; of a bank, only what was sent through it."""
    sent = Leg.objects.filter(reference__in=names).exclude(request_state=RequestState.RECEIVED)
    if kind_of(source) != Kind.BANK:
        return sent
    accounts = BankAccount.objects.filter(provider=source).values_list("code", flat=True)
    return sent.filter(counterparty__bank_account__in=list(accounts))


def process_or_mark(webhook_id: UUID) -> Status:
    """Process one stored message, so that what goes wrong with it costs no other message its turn. A message that breaks its own
    reading is FAILED and says so; STORED when the database itself gave up: the sweep tries again. Never inside a transaction."""
    try:
        return process(webhook_id)
    except (OperationalError, InterfaceError):
        log.exception("webhook stored, not processed", webhook=str(webhook_id))
        return Status.STORED
    except Exception as surprise:
        # Whatever somebody sends us, the messages after it are read.
        log.exception("webhook cannot be processed", webhook=str(webhook_id))
        message = InboundWebhook.objects.get(pk=webhook_id)
        return _done(message, Status.FAILED, f"Reading it broke ({type(surprise).__name__}): read again when that is mended.")


def _look_now(transfer_id: UUID) -> str:
    """Bring the driver's next look forward. Whoever sent the message is not believed: the driver asks the provider."""
    now = clock.now()
    waits = Q(due_at__gt=now) | Q(due_at=None, status=Settled.FIAT_SETTLED) | Q(due_at=None, route=Route.CARD_DEPOSIT)
    if Transfer.objects.filter(waits, pk=transfer_id).update(due_at=now) == 0:
        return "Nothing was waiting for it."
    wake_after_commit(transfer_id)
    return "The provider is asked now."


def _done(message: InboundWebhook, status: Status, detail: str, *, transfer_id: UUID | None = None) -> Status:
    # A note about a repeat stays: it is the more interesting one.
    noted = message.detail if message.deliveries > 1 and message.detail else detail
    InboundWebhook.objects.filter(pk=message.pk).update(
        status=status, detail=noted, processed_at=Now(), transfer_id=transfer_id or F("transfer_id")
    )
    return status


def process_stored(*, older_than: timedelta, limit: int = 100) -> int:
    """Messages that were stored and not processed, because their process died or the database was away. Returns how many were
    processed now, those that lead nowhere included."""
    left = InboundWebhook.objects.filter(status=Status.STORED, received_at__lt=Now() - older_than).order_by("received_at")
    ids = list(left.values_list("pk", flat=True)[:limit])
    return sum(process_or_mark(webhook_id) != Status.STORED for webhook_id in ids)


def reprocess(*, source: str, only_failed: bool, reason: str, limit: int) -> dict[str, int]:
    """Process stored bodies again after a bug was mended, oldest first. Returns how many ended in which status; audited."""
    wanted = InboundWebhook.objects.filter(source=source).exclude(status=Status.REJECTED).order_by("received_at", "pk")
    if only_failed:
        wanted = wanted.filter(status=Status.FAILED)
    counts: dict[str, int] = {}
    for webhook_id in list(wanted.values_list("pk", flat=True)[:limit]):
        status = process_or_mark(webhook_id)
        counts[status.value] = counts.get(status.value, 0) + 1
    with transaction.atomic():
        record(type=WEBHOOKS_REPROCESSED, resource_type="webhook_source", resource_id=source, reason=reason, metadata=dict(counts))
    return counts
