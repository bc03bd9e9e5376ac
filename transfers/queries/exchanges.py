"""What went over the wire for one transfer, its batches included."""

from uuid import UUID

from django.db.models import Q, QuerySet

from transfers.commands.exchanges import batch_key
from transfers.models import Leg, ProviderExchange


def exchanges_of(transfer_id: UUID, *, with_shared: bool) -> QuerySet[ProviderExchange]:
    """Oldest first. Messages that were shared with transfers of others are only for those who may see everybody's."""
    own = ProviderExchange.objects.filter(transfer_id=transfer_id).order_by("first_at", "id")
    if not with_shared:
        return own
    messages = Leg.objects.filter(transfer_id=transfer_id, batch__isnull=False).values_list("batch__message_id", flat=True)
    shared = Q(transfer__isnull=True, call_key__in=[batch_key(message_id) for message_id in messages])
    return ProviderExchange.objects.filter(Q(transfer_id=transfer_id) | shared).order_by("first_at", "id")
