"""Money that came in, as it explains a difference: seen outside and not credited, or credited in a block that was not read yet."""

from collections.abc import Iterable, Mapping

from reconciliation.commands.incoming import identity_of
from reconciliation.models import BalanceReading, ExternalItem
from transfers.models import Arrival

AFTER_THE_BLOCK = "in our books, in a block after the one that was read"
_BOOKED = (
    Arrival.Status.CREDITED,
    Arrival.Status.UNALLOCATED,
    Arrival.Status.RETURNING,
    Arrival.Status.RETURNED,
    Arrival.Status.SETTLEMENT,
)


def seen_arrivals(items: Iterable[ExternalItem]) -> set[str]:
    """Of what these items show, the identities that our books know of and have not booked."""
    named = [identity_of(item) for item in items if item.direction == ExternalItem.Direction.CREDIT]
    return set(Arrival.objects.filter(identity__in=named, status=Arrival.Status.SEEN).values_list("identity", flat=True))


def arrived_first(readings: Mapping[str, BalanceReading]) -> Iterable[tuple[str, str, int]]:
    """Account, why, and by how much the outside is below our books for it: a deposit is credited before its block is indexed, and
    what nobody could be credited with is set aside from the index itself."""
    blocks = {code: reading.block_number for code, reading in readings.items() if reading.block_number is not None}
    if not blocks:
        return
    known = min(blocks.values())
    shown = ExternalItem.objects.filter(
        block__number__gt=known, kind=ExternalItem.Kind.TOKEN_TRANSFER, direction=ExternalItem.Direction.CREDIT
    )
    in_block = {identity_of(item): item.block.number for item in shown.select_related("source", "block") if item.block}
    booked = Arrival.objects.filter(account_code__in=blocks, status__in=_BOOKED, rail="evm")
    for arrival in booked.filter(block_number__gt=known).union(booked.filter(identity__in=in_block)):
        number = arrival.block_number or in_block.get(arrival.identity, 0)
        if number > blocks[arrival.account_code]:
            yield arrival.account_code, AFTER_THE_BLOCK, -arrival.amount
