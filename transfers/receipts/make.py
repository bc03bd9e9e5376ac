"""Making receipts: one order at a time, in the order of events of its transfer, once.

A receipt needs no call to the outside, so order and receipt are one database transaction: a process that dies has made nothing, and
two never make the same. A transfer's later orders wait for its earlier ones, and those of a file's lines let single transfers pass.
"""

from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from approvals import canonical
from audit import context
from audit.commands import record
from audit.context import Actor
from audit.identity import new_id
from audit.sealing.keys import SigningKey
from transfers.api.responses import Moment
from transfers.crashpoints import crashpoint
from transfers.models import Receipt, ReceiptOrder, Transfer
from transfers.outbox.database_clock import database_now
from transfers.receipts import jws, keys
from transfers.receipts.payload import written

log = structlog.get_logger(__name__)
ISSUED = "receipt.issued"
AUDIT_TYPES = (ISSUED,)
LONGEST_PAUSE_S = 600

_NEXT = """
    SELECT wanted.event_id FROM transfers_receiptorder AS wanted JOIN transfers_outboxevent AS event ON event.id = wanted.event_id
     WHERE wanted.done_at IS NULL AND wanted.next_try_at <= clock_timestamp()
       AND NOT EXISTS (
           SELECT FROM transfers_receiptorder AS earlier JOIN transfers_outboxevent AS before ON before.id = earlier.event_id
            WHERE earlier.transfer_id = wanted.transfer_id AND earlier.done_at IS NULL AND before.seq < event.seq)
     ORDER BY wanted.priority, wanted.next_try_at LIMIT 1 FOR UPDATE OF wanted SKIP LOCKED
"""


def make_due(limit: int = 200) -> int:
    """Carry out the orders that are due; how many were looked at. Raises Unavailable when this process has no key to sign with."""
    with context.bind(Actor.system("receipts")):
        for looked_at in range(limit):
            if not _make_next():
                return looked_at
    return limit


def _make_next() -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_NEXT)
            row = cursor.fetchone()
        if row is None:
            return False
        key = keys.signing_key()
        order = ReceiptOrder.objects.select_related("event").get(pk=row[0])
        try:
            with transaction.atomic():
                _carry_out(order, key)
        except Exception as surprise:  # One transfer that cannot be written up must not keep the others from theirs.
            log.exception("receipt not made", transfer=str(order.transfer_id))
            _put_off(order, surprise)
        crashpoint("receipt.before_commit")
    crashpoint("receipt.after_commit")
    return True


def _carry_out(order: ReceiptOrder, key: SigningKey) -> None:
    before = Receipt.objects.filter(transfer_id=order.transfer_id).order_by("-number").first()
    if before is not None or order.says == ReceiptOrder.Says.SETTLED:
        _issue(order, key, before)
    ReceiptOrder.objects.filter(pk=order.pk).update(done_at=Now(), last_error="")


def _issue(order: ReceiptOrder, key: SigningKey, before: Receipt | None) -> None:
    transfer = Transfer.objects.select_related("client", "quote", "named_quote").get(pk=order.transfer_id)
    receipt_id, number, issued_at = new_id(), (before.number if before else 0) + 1, database_now()
    kid = keys.kid(key.public())
    payload = written(
        order,
        transfer,
        receipt_id=str(receipt_id),
        number=number,
        before=before,
        issuer=key.name,
        issued_at=Moment().to_representation(issued_at),
    )
    Receipt.objects.create(
        id=receipt_id,
        transfer=transfer,
        number=number,
        says=order.says,
        order=order,
        supersedes=before,
        payload=payload,
        jws=jws.signed(payload, key, kid),
        key_id=kid,
        issued_at=issued_at,
    )
    record(
        type=ISSUED,
        resource_type="receipt",
        resource_id=str(receipt_id),
        metadata={"number": number, "says": order.says, "sha256": canonical.digest_of(payload).hex(), "key": kid},
        transaction_id=transfer.pk,
    )


def _put_off(order: ReceiptOrder, surprise: Exception) -> None:
    pause_s = LONGEST_PAUSE_S if order.tries > 8 else min(1 << order.tries, LONGEST_PAUSE_S)
    ReceiptOrder.objects.filter(pk=order.pk).update(
        tries=order.tries + 1, next_try_at=Now() + timedelta(seconds=pause_s), last_error=f"{type(surprise).__name__}; see the log"
    )
