"""A conversion that somebody is asked to price."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOrder:
    """`source_amount_minor` with `source_exponent` decimals. `reference` is the transfer's, where there is one: people name it
    so on the phone."""

    source_currency: str
    target_currency: str
    source_amount_minor: int
    source_exponent: int
    reference: str = ""

    @property
    def source_amount(self) -> Decimal:
        """Major units."""
        return Decimal(self.source_amount_minor).scaleb(-self.source_exponent)
