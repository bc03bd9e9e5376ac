"""A file is completed when every line of it has been paid or has ended."""

from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from transfers.commands.bulk.ending import locked, move
from transfers.commands.bulk.events import COMPLETED, ENDED
from transfers.crashpoints import crashpoint
from transfers.machines import ROUTES
from transfers.models import BulkOrder, BulkPart, Transfer
from transfers.states import TERMINAL

ORDERS_PER_RUN = 50
_OVER = sorted(TERMINAL)


def complete_due() -> int:
    """Close the files of which nothing waits and nothing is under way; how many."""
    waiting = BulkPart.objects.filter(order=OuterRef("pk"), status=BulkPart.Status.WAITING)
    under_way = Transfer.objects.filter(_under_way(), bulk=OuterRef("pk"))
    done = BulkOrder.objects.filter(~Exists(waiting), ~Exists(under_way), status=BulkOrder.Status.IN_PROGRESS)
    return sum(_complete(order_id) for order_id in done.order_by("created_at").values_list("pk", flat=True)[:ORDERS_PER_RUN])


def _under_way() -> Q:
    """Not ended, and on its route not yet as far as the money goes; the proof may come later."""
    paid = Q(pk__in=[])
    for route, machine in ROUTES.items():
        paid |= Q(route=route, status=machine.settled)
    return ~Q(status__in=_OVER) & ~paid


@transaction.atomic
def _complete(order_id: UUID) -> bool:
    order = locked(order_id)
    if order.status != BulkOrder.Status.IN_PROGRESS or order.parts.filter(status=BulkPart.Status.WAITING).exists():
        return False
    counted = dict(order.transfers.values_list("status").annotate(count=Count("id")))
    if counted:
        move(order, BulkOrder.Status.COMPLETED, COMPLETED, metadata={"lines": counted})
    else:
        move(order, BulkOrder.Status.EXPIRED, ENDED, reason="Its time was up before any of it was carried out.")
    crashpoint("bulk.finish.before_commit")
    return True
