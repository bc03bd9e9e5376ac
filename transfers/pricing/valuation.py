"""Reference rates for policy bands (P5): looked up only where a band about the asset is stated in a currency.

A decision keeps what was found: rate, source, time and how long it is good for; or why there was none, and then it fails closed.
"""

from collections.abc import Iterable
from fractions import Fraction

from approvals.policy.facts import TransferFacts
from approvals.policy.rules import Rule
from approvals.policy.valuing import Valuation, currencies
from ledger.queries import unit
from ledger.queries.assets import UnknownAsset
from transfers.errors import Waiting
from transfers.pricing.reference import STALE, Reference, reference


def valuations(rules: Iterable[Rule], asset_id: str) -> tuple[Valuation, ...]:
    """What one unit of the asset is worth now, in each currency that a band about it is stated in. No query where there is none."""
    return tuple(_value(asset_id, currency) for currency in currencies(rules, asset_id))


def unvalued(facts: TransferFacts) -> Waiting | None:
    """Why the policy could not tell what an order is worth, for a decision that denies it; None where it could."""
    missing = [value for value in facts.values if not value.is_known]
    return Waiting(STALE, f"the policy cannot tell what it is worth: {missing[0].missing}") if missing else None


def _value(asset_id: str, currency: str) -> Valuation:
    try:
        asset, stated = unit(asset_id), unit(currency)
    except UnknownAsset as unknown:
        return Valuation(currency, 0, missing=str(unknown))
    try:
        found = _rate(asset.code, stated.code)
    except Waiting as waiting:
        return Valuation(currency, stated.exponent, missing=str(waiting))
    if found is None:
        return Valuation(currency, stated.exponent, rate="1", origin="the same currency")
    at = found.observed_at.isoformat()
    return Valuation(currency, stated.exponent, str(found.rate), at, found.max_age_s, found.words)


def _rate(source: str, target: str) -> Reference | None:
    """None for a currency in itself. A rate of nothing would let everything into the lowest band. Raises Waiting."""
    if source == target:
        return None
    found = reference(source, target)
    if found.rate <= Fraction(0):
        raise Waiting(STALE, f"the reference rate for {source} to {target} is not above zero")
    return found
