"""What a conversion brings, to the last minor unit: the market's worth of it, the client's share, our spread, and the rest.

Rates are target major units for one source major unit, so each direction of a pair has its own: what a client sells at our bid
comes back at our ask. The client is never given less than the rate that was shown, cut after the last minor unit; what the cuts
leave is counted, and belongs to the rounding account.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ledger.money import AssetUnit

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Split:
    """Minor units of the target asset; `market` is always `client` and `spread` and `rounding` together."""

    market: int
    client: int
    spread: int
    rounding: int

    def __post_init__(self) -> None:
        if self.market != self.client + self.spread + self.rounding or min(self.client, self.spread, self.rounding) < 0:
            raise ValueError(f"{self} does not add up")


def split(amount: int, *, source: AssetUnit, rate: Decimal, spread_bps: int, target: AssetUnit) -> Split:
    """`amount` minor units of `source` at the market's `rate`, of which we keep `spread_bps`.

    Exact but for the named cuts: market, client and spread are each rounded down, so that `rounding` is 0 or 1.
    """
    if amount <= 0 or rate <= 0 or not 0 <= spread_bps < BASIS_POINTS:
        raise ValueError(f"cannot convert {amount} at {rate} with a spread of {spread_bps} basis points")
    worth = Fraction(rate) * amount * 10**target.exponent / 10**source.exponent
    ours = worth * spread_bps / BASIS_POINTS
    market, client, spread = int(worth), int(worth - ours), int(ours)
    return Split(market, client, spread, market - client - spread)


def client_rate(rate: Decimal, spread_bps: int) -> Decimal:
    """The rate that the client is shown and held to: the market's less our spread, exact."""
    return rate * (BASIS_POINTS - spread_bps) / BASIS_POINTS


def cashback(client_gets: int, bps: int) -> int:
    """What a promotion of `bps` adds, in minor units of the target asset, rounded down."""
    return client_gets * bps // BASIS_POINTS
