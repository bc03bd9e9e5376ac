"""What is sent about an event: written once, so that every try and every replay carries the same bytes.

`data` is the transfer in the words of the API, as of the event: state, sentence, milestones and failure are those of that moment,
even when the transfer has moved on since. Who approves, and what we know of our own requests, is not in it.
`sequence` grows with every event of a transfer: a message with a smaller one than was seen already is old news.
"""

import json
from typing import Any

from django.db.models import F

from transfers.api.responses import Moment, write_incoming, write_transfer
from transfers.models import OutboxEvent, Transfer
from transfers.outbox.vocabulary import CHARGEBACK_WON, CHARGED_BACK, RECEIVED
from transfers.queries import disputes

_OURS = ("request_state", "money_state", "evidence_state", "approval")


def body_of(event: OutboxEvent) -> bytes:
    """The body of every message about `event`, kept with it from the first time on."""
    if event.body is None:
        OutboxEvent.objects.filter(pk=event.pk, body=None).update(body=_written(event))
        event.refresh_from_db(fields=["body"])
    return bytes(event.body)  # type: ignore[arg-type]


def _written(event: OutboxEvent) -> bytes:
    moment = Moment().to_representation(event.occurred_at)
    data = _for_receiver(event) if event.type == RECEIVED else _as_of(event)
    message = {"id": str(event.pk), "type": event.type, "timestamp": moment, "data": data}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def _for_receiver(event: OutboxEvent) -> dict[str, Any]:
    """What arrived, as `/v1/incoming_transfers` shows it: nothing that is the sender's own."""
    transfer = Transfer.objects.select_related("client").get(pk=event.transfer_id)
    return {**write_incoming([transfer])[0], "status": event.to_status, "status_text": event.status_text}


def _as_of(event: OutboxEvent) -> dict[str, Any]:
    transfer = Transfer.objects.select_related("quote", "named_quote").get(pk=event.transfer_id)
    now = write_transfer(transfer)
    milestones = {name for name in now if name.endswith("_at") and name not in ("created_at", "updated_at")}
    kept = {name: value for name, value in now.items() if name not in milestones and name not in _OURS}
    failure = kept["failure"] if event.to_status == transfer.status else None
    return {
        **kept,
        "status": event.to_status,
        "previous_status": event.from_status,
        "status_text": event.status_text,
        "failure": failure,
        "sequence": event.seq,
        "updated_at": Moment().to_representation(event.occurred_at),
        **_reached(event),
        **_disputed(event, transfer),
    }


def _disputed(event: OutboxEvent, transfer: Transfer) -> dict[str, dict[str, str]]:
    """Where the news is that a cardholder took money back, or lost it again: how much they have by then."""
    if event.type not in (CHARGED_BACK, CHARGEBACK_WON):
        return {}
    return {"disputed": disputes.written(transfer, disputes.disputed(transfer, until=event.seq))}


def _reached(event: OutboxEvent) -> dict[str, str]:
    """`<milestone>_at` of what was reached by then."""
    own = OutboxEvent.objects.filter(transfer_id=event.transfer_id, client_id=event.client_id, seq__lte=event.seq)
    moves = own.exclude(from_status=F("to_status"))
    found = moves.order_by("seq").values_list("to_status", "occurred_at")
    return {f"{status.lower()}_at": Moment().to_representation(at) for status, at in found if status != "CREATED"}
