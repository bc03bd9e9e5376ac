"""What a transfer costs and brings, asked from outside any database transaction.

On chain the destination gets what the client ordered, and the network's fee is the house's. A conversion is priced by the
liquidity desk.
"""

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from approvals.models import Corridor
from audit import clock
from ledger.money import AssetUnit
from ledger.queries import unit
from transfers.bounds import client_fee, converted, plain_rate
from transfers.errors import Refused
from transfers.models import Quote, Transfer
from transfers.rails.base import TerminalError
from transfers.rails.registry import rails
from transfers.states import Route

# How long a price without a desk behind it stands: the estimate of the network's fee ages.
NETWORK_FEE_TTL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Minor units; `network_fee` in the gas asset. `rate` is target major units for one source major unit."""

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


def fee_of(corridor: Corridor, amount: int) -> int:
    """Today's fee of the corridor on `amount`, minor units of its source asset."""
    return client_fee(amount, bps=corridor.fee_bps, minimum=int(corridor.fee_minimum))


def price(corridor: Corridor, amount: int) -> Price:
    """A price for `amount` now. Calls the network or the desk. Raises Refused, and RetryableError of the rails."""
    if corridor.route == Route.OFF_RAMP:
        return _by_desk(corridor, amount)
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
    )


def _by_desk(corridor: Corridor, amount: int) -> Price:
    source, target = unit(corridor.source_asset_id), unit(corridor.target_asset_id)
    estimate = rails().evm.estimate_fees()
    try:
        offer = rails().desk.quote(
            source_currency=source.code, target_currency=target.code, source_amount_minor=amount, source_exponent=source.exponent
        )
    except TerminalError as error:
        raise Refused("unsupported_currency", f"This conversion is not offered at the moment: {error}") from error
    return Price(
        provider="desk",
        provider_quote_id=offer.quote_id,
        source_asset=source.id,
        target_asset=target.id,
        source_amount=amount,
        target_amount=_target(amount, source, offer.rate, target),
        fee=fee_of(corridor, amount),
        network_fee=estimate.gas_limit * estimate.max_fee_per_gas,
        rate=plain_rate(offer.rate),
        raw=offer.raw,
        expires_at=offer.expires_at,
    )


def _target(amount: int, source: AssetUnit, rate: Decimal, target: AssetUnit) -> int:
    return converted(amount, source_exponent=source.exponent, rate=plain_rate(rate), target_exponent=target.exponent)


def store(offer: Price, *, transfer: Transfer | None, kind: Quote.Kind) -> Quote:
    """Keep the price as it was given; it is never worked out again."""
    return Quote.objects.create(
        transfer=transfer,
        kind=kind,
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
    )
