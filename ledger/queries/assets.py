"""Units of assets, remembered by each process: the database refuses to change what an asset is."""

from ledger.models import Asset
from ledger.money import AssetUnit

_units: dict[str, AssetUnit] = {}


class UnknownAsset(LookupError):
    """No asset of that id is registered."""


def unit(asset_id: str) -> AssetUnit:
    """The unit of `asset_id`. Raises UnknownAsset."""
    if asset_id not in _units:
        assets()
    try:
        return _units[asset_id]
    except KeyError:
        raise UnknownAsset(f"asset {asset_id!r} is not registered") from None


def assets() -> list[AssetUnit]:
    """Every registered asset, by id; read afresh."""
    found = [AssetUnit(asset.id, asset.code, asset.exponent) for asset in Asset.objects.order_by("id")]
    _units.update((asset.id, asset) for asset in found)
    return found


def forget_units() -> None:
    """For tests, whose databases come and go within one process."""
    _units.clear()
