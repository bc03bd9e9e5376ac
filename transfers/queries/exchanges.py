"""What went over the wire: for one transfer, its batches included; and to one provider, for no transfer that there was."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from transfers.commands.exchanges import batch_key, round_key
from transfers.models import Leg, ProviderExchange, QuoteAnswer


def exchanges_of(transfer_id: UUID, *, with_shared: bool) -> QuerySet[ProviderExchange]:
    """Oldest first. Messages that were shared with transfers of others are only for those who may see everybody's."""
    own = ProviderExchange.objects.filter(transfer_id=transfer_id).order_by("first_at", "id")
    if not with_shared:
        return own
    messages = Leg.objects.filter(transfer_id=transfer_id, batch__isnull=False).values_list("batch__message_id", flat=True)
    shared = Q(transfer__isnull=True, call_key__in=[batch_key(message_id) for message_id in messages])
    return ProviderExchange.objects.filter(Q(transfer_id=transfer_id) | shared).order_by("first_at", "id")


def said_to(provider: str) -> QuerySet[ProviderExchange]:
    """Newest first, of what belongs to no transfer: prices before there was one, statements, batches, trying out, rates."""
    return ProviderExchange.objects.filter(provider=provider, transfer__isnull=True).order_by("-first_at")


def of_rounds(provider: str, answers: Iterable[QuoteAnswer]) -> dict[UUID, ProviderExchange]:
    """By the round: what the provider was asked in it, and said."""
    rounds = {answer.round_id: answer.round.transfer_id for answer in answers}
    keys = {round_key(round_id): round_id for round_id in rounds}
    about = Q(transfer__isnull=True) | Q(transfer_id__in=[one for one in rounds.values() if one is not None])
    found = ProviderExchange.objects.filter(about, provider=provider, call_key__in=list(keys)).order_by("first_at", "id")
    return {keys[exchange.call_key]: exchange for exchange in found}
