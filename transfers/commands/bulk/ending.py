"""How a bulk order moves on and ends; what was not carried out gives its money back with it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.limits import give_back_limits
from approvals.commands.requests import withdraw
from approvals.models import ApprovalRequest
from audit import clock
from audit.commands import record
from ledger.commands import ReleaseHold, apply_holds
from transfers.commands.bulk import payload
from transfers.commands.bulk.events import ENDED, PART_GIVEN_BACK
from transfers.commands.limit_shares import give_back_parts
from transfers.errors import Conflict, NotFound
from transfers.models import BulkOrder, BulkPart

Status = BulkOrder.Status
CANCELLABLE = (Status.AWAITING_APPROVAL, Status.IN_PROGRESS)


def locked(order_id: UUID) -> BulkOrder:
    """Raises NotFound."""
    try:
        return BulkOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    except BulkOrder.DoesNotExist:
        raise NotFound(f"There is no bulk order {order_id}.") from None


def cancel(order_id: UUID, reason: str) -> BulkOrder:
    """Stop what has not been carried out: all of it before the approval, afterwards the parts that still wait. Lines that are on
    their way go on, each cancellable by itself. Repeating it changes nothing. Raises NotFound, Conflict."""
    with transaction.atomic():
        order = locked(order_id)
        if order.status == Status.CANCELLED:
            return order
        waiting = _waiting(order)
        if why := why_not_cancel(order, has_waiting=bool(waiting)):
            raise Conflict(why)
        if order.status == Status.AWAITING_APPROVAL:
            pending = ApprovalRequest.objects.filter(pk=order.approval_request_id, status=ApprovalRequest.Status.PENDING)
            if pending.exists():
                withdraw(request_id=order.approval_request_id, reason=reason or "The file was cancelled.")
            end(order, Status.CANCELLED, reason=reason)
        else:
            give_back(order, waiting, reason)
            if not order.transfers.exists():
                move(order, Status.CANCELLED, ENDED, reason=reason)
    return order


def why_not_cancel(order: BulkOrder, *, has_waiting: bool) -> str:
    """What stands against stopping it, for people; empty when it can be stopped. `has_waiting`: some part was not carried out."""
    if order.status not in CANCELLABLE:
        return f"It is {order.status.replace('_', ' ')} by now; there is nothing left to stop."
    if not has_waiting:
        return "Every line of this file has been carried out or has ended; there is nothing left to stop."
    return ""


def end(order: BulkOrder, status: Status, *, reason: str) -> None:
    """Before anything was carried out: the holds of all parts and the limits go back. The order is locked."""
    for corridor in sorted(set(order.parts.values_list("corridor_id", flat=True))):
        give_back_limits(payload.limit_subject(order.id, corridor))
    move(order, status, ENDED, reason=reason)
    give_back(order, _waiting(order), reason)


def give_back(order: BulkOrder, parts: Iterable[BulkPart], reason: str) -> None:
    """These parts will not be carried out: their holds are released in one call."""
    parts = list(parts)
    if not parts:
        return
    now = clock.now()
    BulkPart.objects.filter(pk__in=[part.pk for part in parts]).update(
        status=BulkPart.Status.GIVEN_BACK, ended_at=now, due_at=None, last_error=reason
    )
    for part in parts:
        record(
            type=PART_GIVEN_BACK,
            resource_type="bulk_part",
            resource_id=str(part.pk),
            reason=reason,
            metadata={"order": str(order.id), "part": part.ordinal, "lines": part.line_count},
        )
    give_back_parts(parts)
    apply_holds(*(ReleaseHold(part.hold_reference) for part in parts), transaction_id=order.id)


def move(order: BulkOrder, status: Status, event: str, *, reason: str = "", metadata: dict[str, Any] | None = None) -> None:
    """The next version of the locked order, with its audit event."""
    before = order.status
    order.status, order.version, order.updated_at, order.closing_reason = status, order.version + 1, clock.now(), reason
    order.save(update_fields=["status", "version", "updated_at", "closing_reason"])
    record(
        type=event,
        resource_type="bulk_order",
        resource_id=str(order.id),
        reason=reason,
        diff={"version": [order.version - 1, order.version], "status": [before, status]},
        metadata={"reference": order.reference, **(metadata or {})},
    )


def _waiting(order: BulkOrder) -> list[BulkPart]:
    parts = BulkPart.objects.select_for_update(of=("self",)).filter(order=order, status=BulkPart.Status.WAITING)
    return list(parts.order_by("ordinal"))
