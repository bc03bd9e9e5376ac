"""The least that is credited by itself: below it, what arrives costs more to handle than it is worth."""

from django.conf import settings

from ledger.money import Money
from ledger.queries import unit


def minimum_of(asset_id: str) -> int:
    """In minor units; 0 for an asset that DEPOSIT_MINIMUMS does not name."""
    asset = unit(asset_id)
    least: str | None = settings.DEPOSIT_MINIMUMS.get(asset.code)
    return 0 if least is None else int(Money.parse(least, asset).minor)
