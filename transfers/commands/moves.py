"""The one way a transfer changes: its row, its event and its audit record in one database transaction.

`move` takes a row of the machine; `note` records a fact that changes no status. The caller has locked the transfer. The update
names the version, status and fence that were read, so a writer that was overtaken changes nothing and hears of it.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from audit import clock
from audit.commands import record
from audit.envelope import as_jsonb, envelope
from audit.identity import new_id
from transfers import machines, rebuilding
from transfers.commands.deadlines import deadline, expectation
from transfers.commands.wake import tell_clients_after_commit
from transfers.errors import Conflict, IllegalTransition
from transfers.models import DepositSweep, Leg, Transfer
from transfers.outbox.vocabulary import CHARGEBACK_WON, CHARGED_BACK, NOT_SENT_BACK, SENT_BACK
from transfers.states import TERMINAL, RequestState, Route, Status
from transfers.wording import status_text

# The closed vocabulary of transfer events; the same names are audit types.
MOVED: dict[Status, str] = {status: f"transfer.{status.value.lower()}" for status in Status}
REQUOTING = "transfer.requoting"
RETRIED, RESUMED = "transfer.retried", "transfer.resumed"
NEW_BOUNDS = "transfer.new_bounds_proposed"
MANUAL_ENTRY = "transfer.manual_entry"
CARD_ORDERED, UNANSWERED = "transfer.card_ordered", "transfer.unanswered"
BLOCK_CHANGED = "transfer.block_changed"
NOTES = (
    BLOCK_CHANGED,
    NEW_BOUNDS,
    MANUAL_ENTRY,
    "transfer.approved",
    "transfer.quote_out_of_bounds",
    "transfer.sending",
    "transfer.payout_ordered",
    "transfer.payout_accepted",
    CARD_ORDERED,
    UNANSWERED,
    "transfer.payment_in_doubt",
    "transfer.reorg_unproved",
    RETRIED,
    RESUMED,
    "transfer.deposit_vanished",
    SENT_BACK,
    NOT_SENT_BACK,
    CHARGED_BACK,
    CHARGEBACK_WON,
    "transfer.card_refunded",
    "transfer.disputed",
    "transfer.dispute_ended",
    "transfer.doubt_ended",
    "transfer.fee_raised",
    "transfer.fee_cap_reached",
    "transfer.hurried",
    "transfer.recall_ordered",
    "transfer.recalling",
    "transfer.payout_recall_ordered",
    "transfer.payout_recall_asked",
    "transfer.payout_recall_accepted",
    "transfer.payout_recall_refused",
    "transfer.payout_recall_unanswered",
)
AUDIT_TYPES = (*MOVED.values(), REQUOTING, *NOTES, "transfer.refused", "transfer.authority_broken")


def move(transfer: Transfer, target: Status, *, reason: str = "", data: dict[str, Any] | None = None, **columns: Any) -> None:
    """Take the row `transfer.status` -> `target` of its machine and set `columns` with it. Raises IllegalTransition, Conflict."""
    source = Status(transfer.status)
    if not machines.may(Route(transfer.route), transfer.machine_version, source, target):
        raise IllegalTransition(f"a transfer on route {transfer.route} cannot go from {source} to {target}")
    now = clock.now()
    text = _text(transfer, target, now, columns.get("failure_code", ""))
    kind = REQUOTING if target is Status.CREATED else MOVED[target]
    settled = {
        "status": target.value,
        "status_text": text,
        "state_entered_at": now,
        "deadline_at": deadline(transfer, target, now),
        "attempts": 0,
        "last_error": "",
        "stopped_by": "",
    }
    written = {**settled, **columns}
    _write(transfer, written)
    _tell(transfer, kind, source=source.value, reason=reason, data=data or {}, written=written)
    if target in TERMINAL and transfer.route == Route.DEPOSIT_SWEEP:
        # Whatever ended it, the address is free for the next one.
        DepositSweep.objects.filter(transfer_id=transfer.pk, ended_at=None).update(ended_at=now)


def _text(transfer: Transfer, target: Status, now: datetime, failure_code: str) -> str:
    """A payout over a bank that keeps hours says on which day it comes."""
    if target is Status.CONFIRMED and not failure_code:
        expected = expectation(transfer, now)
        if expected is not None and expected.words(transfer.route):
            return expected.words(transfer.route)
    return status_text(Route(transfer.route), target, failure_code=failure_code)


def note(transfer: Transfer, kind: str, *, reason: str = "", data: dict[str, Any] | None = None, **columns: Any) -> None:
    """Record a fact about the transfer that leaves its status alone. Raises Conflict, and ValueError for a kind not in NOTES."""
    if kind not in NOTES:
        raise ValueError(f"{kind!r} is not an event of transfers")
    _write(transfer, columns)
    _tell(transfer, kind, source=transfer.status, reason=reason, data=data or {}, written=columns)


def unanswered(transfer: Transfer, leg: Leg) -> None:
    """An order of this leg left and no answer came: from now on we do not know, until somebody outside or people say so. Told once,
    however often the same silence is met. Transfer locked. Raises Conflict."""
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.TIMED_OUT)
    if transfer.request_state != RequestState.TIMED_OUT:
        reason = f"No answer to the order {leg.reference}: it may have been carried out."
        note(transfer, UNANSWERED, reason=reason, data={"leg": leg.reference}, request_state=RequestState.TIMED_OUT)


def tell_created(transfer: Transfer, *, data: dict[str, Any]) -> None:
    """The first event, for a transfer that was just inserted with version 1."""
    _tell(transfer, MOVED[Status.CREATED], source="", reason="", data=data, written={})


def set_columns(transfer: Transfer, **columns: Any) -> None:
    """The driver's columns alone: bookkeeping that is no event of its own. Raises Conflict, and ValueError for any other."""
    if others := columns.keys() - rebuilding.DRIVERS:
        raise ValueError(f"{', '.join(sorted(others))} of a transfer change with an event")
    _update(transfer, {"updated_at": clock.now(), **columns})


def _write(transfer: Transfer, columns: dict[str, Any]) -> None:
    _update(transfer, {"version": transfer.version + 1, "updated_at": clock.now(), **columns})


def _update(transfer: Transfer, columns: dict[str, Any]) -> None:
    seen = Transfer.objects.filter(pk=transfer.pk, version=transfer.version, status=transfer.status, fence=transfer.fence)
    if seen.update(**columns) != 1:
        raise Conflict(f"transfer {transfer.id} was changed by somebody else")
    for name, value in columns.items():
        setattr(transfer, name, value)


def _tell(transfer: Transfer, kind: str, *, source: str, reason: str, data: dict[str, Any], written: dict[str, Any]) -> None:
    event = envelope() | event_of(transfer, kind, source=source, reason=reason, data=data, written=written)
    with connection.cursor() as cursor:
        cursor.execute("SELECT transfers_record_event(%s)", [as_jsonb(event)])
    record(**audit_of(transfer, kind, source=source, reason=reason, data=data))
    tell_clients_after_commit()


def event_of(
    transfer: Transfer, kind: str, *, source: str, reason: str = "", data: dict[str, Any], written: dict[str, Any]
) -> dict[str, Any]:
    """The event, but for its envelope, of a transfer that stands at the version it tells of. It keeps what was `written` with it,
    and the first one all that there is: `transfers.rebuilding` reads it."""
    row = rebuilding.changed(transfer, written) if source else rebuilding.first(transfer)
    return {
        "id": new_id(),
        "transfer_id": transfer.id,
        "correlation_id": transfer.correlation_id,
        "seq": transfer.version,
        "type": kind,
        "from_status": source,
        "to_status": transfer.status,
        "reason": reason,
        "data": data | {rebuilding.ROW: row},
        "status_text": transfer.status_text,
    }


def audit_of(transfer: Transfer, kind: str, *, source: str, reason: str = "", data: dict[str, Any]) -> dict[str, Any]:
    """What the audit trail says of the same."""
    moved = {"status": [source, transfer.status]} if source != transfer.status else {}
    return {
        "type": kind,
        "resource_type": "transfer",
        "resource_id": str(transfer.id),
        "reason": reason,
        "diff": {**moved, "version": [transfer.version - 1, transfer.version]},
        "metadata": {"reference": transfer.reference, **data},
        "transaction_id": transfer.id,
        "status_text": transfer.status_text,
    }
