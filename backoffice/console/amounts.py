"""Amounts as the money tag shows them: exact from minor units, the asset always with it.

Zeros behind the second decimal are left out (250,000.00, not 250,000.000000): nothing else is ever cut or rounded.
"""

from dataclasses import dataclass

from ledger import queries
from ledger.money import AssetUnit, Money


@dataclass(frozen=True, slots=True)
class Shown:
    """`figure` has thousands separators and the asset's own number of decimals; `network` is empty for fiat."""

    figure: str
    code: str
    asset_id: str
    network: str


def unit_of(asset: object) -> AssetUnit:
    """The unit of an asset id, an AssetUnit, or anything with id, code and exponent (ledger.models.Asset)."""
    if isinstance(asset, AssetUnit):
        return asset
    if isinstance(asset, str):
        return queries.unit(asset)
    return AssetUnit(id=asset.id, code=asset.code, exponent=asset.exponent)  # type: ignore[attr-defined]


def shown(minor: int | None, asset: object) -> Shown | None:
    """None stays None: an amount that is not known is drawn as a dash, never as zero."""
    if minor is None:
        return None
    unit = unit_of(asset)
    _, _, network = unit.id.partition(".")
    return Shown(figure=Money(int(minor), unit).format(), code=unit.code, asset_id=unit.id, network=network.capitalize())


def text(minor: int, asset: object) -> str:
    """For sentences and titles: "250,000.00 USDC"."""
    unit = unit_of(asset)
    return f"{Money(int(minor), unit).format()} {unit.code}"
