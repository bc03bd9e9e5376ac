"""What a transfer costs and brings, asked from outside any database transaction.

On chain the destination gets what the client ordered, and the network's fee is the house's. A conversion is priced by the best of
the liquidity desks (transfers.pricing).
"""

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from approvals.models import Corridor
from audit import clock
from ledger.queries import unit
from transfers.bounds import client_fee
from transfers.conversion.terms import client_rate, split
from transfers.errors import Refused, Unavailable, Waiting
from transfers.health.corridors import missing
from transfers.models import ConversionSplit, ConversionTerms, Quote, Transfer
from transfers.pricing.collecting import collect
from transfers.pricing.offers import plain
from transfers.rails.registry import rails
from transfers.states import Route

# How long a price without a desk behind it stands: the estimate of the network's fee ages.
NETWORK_FEE_TTL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Minor units; `network_fee` in the gas asset. `rate` is target major units for one source major unit, after a desk's fees;
    `round_id` is the round of quotes that a desk's price was chosen in, `split` how a conversion in our own books divides it."""

    provider: str
    provider_quote_id: str
    source_asset: str
    target_asset: str
    source_amount: int
    target_amount: int
    fee: int
    network_fee: int
    rate: Decimal
    raw: str
    expires_at: datetime
    corridor_id: str = ""
    is_firm: bool = True
    round_id: UUID | None = None
    split: ConversionSplit | None = None


def fee_of(corridor: Corridor, amount: int) -> int:
    """Today's fee of the corridor on `amount`, minor units of its source asset."""
    return client_fee(amount, bps=corridor.fee_bps, minimum=int(corridor.fee_minimum))


def price(corridor: Corridor, amount: int, *, transfer: Transfer | None = None) -> Price:
    """A price for `amount` now, for `transfer` where there is one already. Calls the network and, for a conversion, every desk.

    Raises Refused, Waiting (also while somebody whom the corridor needs is out of use), and RetryableError of the rails.
    """
    if out := missing(corridor):
        raise Waiting("provider_out_of_use", f"{corridor.id} takes no new work: out of use are {', '.join(out)}")
    if corridor.route == Route.OFF_RAMP:
        return _by_desks(corridor, amount, transfer)
    if corridor.route == Route.CONVERSION:
        return _in_the_books(corridor, amount, transfer)
    return _on_chain(corridor, amount)


def _on_chain(corridor: Corridor, amount: int) -> Price:
    estimate = rails().evm.estimate_fees()
    return Price(
        provider="network",
        provider_quote_id="",
        source_asset=corridor.source_asset_id,
        target_asset=corridor.target_asset_id,
        source_amount=amount,
        target_amount=amount,
        fee=fee_of(corridor, amount),
        network_fee=estimate.gas_limit * estimate.max_fee_per_gas,
        rate=Decimal(1),
        raw=json.dumps(dataclasses.asdict(estimate)),
        expires_at=clock.now() + NETWORK_FEE_TTL,
        corridor_id=corridor.id,
    )


def _by_desks(corridor: Corridor, amount: int, transfer: Transfer | None) -> Price:
    estimate = rails().evm.estimate_fees()
    chosen = collect(corridor, amount, transfer=transfer)
    offer = chosen.offer
    return Price(
        provider=offer.provider,
        provider_quote_id=offer.quote_id,
        source_asset=corridor.source_asset_id,
        target_asset=corridor.target_asset_id,
        source_amount=amount,
        target_amount=offer.target_amount,
        fee=fee_of(corridor, amount),
        network_fee=estimate.gas_limit * estimate.max_fee_per_gas,
        rate=plain(offer.effective),
        raw=offer.raw,
        expires_at=offer.expires_at,
        corridor_id=corridor.id,
        round_id=chosen.round.id,
        is_firm=chosen.is_firm,
    )


def _in_the_books(corridor: Corridor, amount: int, transfer: Transfer | None) -> Price:
    """At the best desk's rate less our spread: the client is shown the rate after it, and the whole split is kept."""
    source, target = unit(corridor.source_asset_id), unit(corridor.target_asset_id)
    spread_bps = spread_of(corridor)
    chosen = collect(corridor, amount, transfer=transfer)
    rate = plain(chosen.offer.effective)
    shares = split(amount, source=source, rate=rate, spread_bps=spread_bps, target=target)
    if shares.client <= 0:
        raise Refused("invalid_amount", "The amount is too small to convert.", {"amount": "Too small."})
    return Price(
        provider=chosen.offer.provider,
        provider_quote_id=chosen.offer.quote_id,
        source_asset=source.id,
        target_asset=target.id,
        source_amount=amount,
        target_amount=shares.client,
        fee=fee_of(corridor, amount),
        network_fee=0,
        rate=plain(Fraction(client_rate(rate, spread_bps))),
        raw=chosen.offer.raw,
        expires_at=chosen.offer.expires_at,
        corridor_id=corridor.pk,
        round_id=chosen.round.id,
        split=ConversionSplit(
            market_rate=rate,
            spread_bps=spread_bps,
            market_amount=shares.market,
            client_amount=shares.client,
            spread_amount=shares.spread,
            rounding_amount=shares.rounding,
        ),
    )


def spread_of(corridor: Corridor) -> int:
    """What we keep of a conversion on this corridor, in basis points. Raises Unavailable where nobody has set it."""
    found = ConversionTerms.objects.filter(corridor_id=corridor.pk).values_list("spread_bps", flat=True).first()
    if found is None:
        raise Unavailable(f"no spread is set for conversions on {corridor.pk}")
    return int(found)


def store(offer: Price, *, transfer: Transfer | None, kind: Quote.Kind, client_id: str | None = None) -> Quote:
    """Keep the price as it was given; it is never worked out again."""
    quote = Quote.objects.create(
        transfer=transfer,
        kind=kind,
        client_id=client_id,
        corridor_id=offer.corridor_id or None,
        provider=offer.provider,
        provider_quote_id=offer.provider_quote_id,
        source_asset_id=offer.source_asset,
        target_asset_id=offer.target_asset,
        source_amount=offer.source_amount,
        target_amount=offer.target_amount,
        fee_amount=offer.fee,
        network_fee_estimate=offer.network_fee,
        rate=offer.rate,
        raw=offer.raw,
        quoted_at=clock.now(),
        expires_at=offer.expires_at,
        round_id=offer.round_id,
    )
    if offer.split is not None:
        offer.split.quote = quote
        offer.split.save(force_insert=True)
    return quote
