"""An amount against a band: in minor units of the order's asset, or by what it is worth in the currency that the band is stated in.

Where no reference rate is known for that, the band fails closed: what would let the order go does not hold, and what stops it or
asks people does. Pure, and the same words in any year.
"""

from functools import lru_cache
from typing import Any

from approvals.policy.facts import TransferFacts
from approvals.policy.rules import ALLOW, AMOUNT_FROM, VALUED_IN, Rule
from approvals.policy.valuing import Valuation
from ledger.money import AssetUnit, Money


def bound(name: str, rule: Rule, facts: TransferFacts) -> dict[str, Any]:
    """One end of a band. `distance` is in minor units, negative below the bound; a band in a currency tells the rate as `value`."""
    wanted = int(rule.criteria[name])
    if VALUED_IN not in rule.criteria:
        why = _compared(facts.amount, wanted, facts.asset_id, facts.asset_exponent)
        return _seen(name, facts.amount, wanted, why)
    value = _valuation(rule.criteria[VALUED_IN], facts)
    if not value.is_known or facts.asset_exponent is None:
        return _unknown(name, wanted, rule, facts, value)
    worth = value.minor(facts.amount, facts.asset_exponent)
    order = _said(facts.amount, facts.asset_id, facts.asset_exponent)
    at = f", {value.at}" if value.at else ""
    compared = _compared(worth, wanted, value.currency, value.exponent)
    return _seen(name, worth, wanted, f"{order} at the reference rate ({value.origin}{at}): {compared}") | {
        "value": value.to_json()
    }


def holds(name: str, rule: Rule, facts: TransferFacts) -> bool:
    """What `bound` says of one end of a band, without the words."""
    worth = facts.amount
    if VALUED_IN in rule.criteria:
        value = _valuation(rule.criteria[VALUED_IN], facts)
        if not value.is_known or facts.asset_exponent is None:
            return rule.outcome != ALLOW
        worth = value.minor(facts.amount, facts.asset_exponent)
    return _within(name, worth, int(rule.criteria[name]))


def miss(failed: list[dict[str, Any]], facts: TransferFacts) -> dict[str, Any] | None:
    """How far a rule was from firing, when the amount alone kept it from firing. `minor`: by how many minor units the amount would
    have to change; at `amount_below` reaching the bound is still outside, hence one more."""
    if len(failed) != 1 or failed[0]["distance"] is None:
        return None
    seen = failed[0]
    distance, rises = int(seen["distance"]), seen["criterion"] == AMOUNT_FROM
    minor, side = (-distance, "below") if rises else (distance + 1, "above")
    if "value" in seen:
        minor = Valuation(**seen["value"]).back(minor, facts.asset_exponent or 0)
    words = f"{_said(minor, facts.asset_id, facts.asset_exponent)} {side}"
    return {"minor": str(minor), "asset": facts.asset_id, "side": side, "words": words}


def _seen(name: str, actual: int, wanted: int, why: str) -> dict[str, Any]:
    told = {"criterion": name, "holds": _within(name, actual, wanted), "actual": str(actual), "wanted": str(wanted)}
    return told | {"why": why, "distance": str(actual - wanted)}


def _within(name: str, actual: int, wanted: int) -> bool:
    return actual >= wanted if name == AMOUNT_FROM else actual < wanted


def _unknown(name: str, wanted: int, rule: Rule, facts: TransferFacts, value: Valuation) -> dict[str, Any]:
    order = _said(facts.amount, facts.asset_id, facts.asset_exponent)
    taken = "so it does not count as allowed" if rule.outcome == ALLOW else "so it counts as within the band"
    why = f"what {order} is worth in {value.currency} is not known, {taken}: {value.missing}"
    told = {"criterion": name, "holds": rule.outcome != ALLOW, "actual": "", "wanted": str(wanted)}
    return told | {"why": why, "distance": None, "value": value.to_json()}


def _valuation(currency: str, facts: TransferFacts) -> Valuation:
    known = next((value for value in facts.values if value.currency == currency), None)
    return known or Valuation(currency, 0, missing="nobody has looked for a rate")


def _compared(amount: int, wanted: int, asset_id: str, exponent: int | None) -> str:
    distance = amount - wanted
    away = "" if distance == 0 else f"{_said(abs(distance), asset_id, exponent)} {'below' if distance < 0 else 'above'}"
    return f"{_said(amount, asset_id, exponent)} is {away or 'exactly'} {_said(wanted, asset_id, exponent)}"


@lru_cache(maxsize=1024)
def _said(minor: int, asset_id: str, exponent: int | None) -> str:
    if exponent is None:
        return f"{minor:,} minor units of {asset_id}"
    whole, _, fraction = Money(minor, AssetUnit(asset_id, asset_id, exponent)).format().partition(".")
    # Zeros that say nothing are left out, down to two places: 750,000.00 rather than 750,000.000000.
    fraction = fraction.rstrip("0").ljust(min(2, exponent), "0")
    return f"{whole}{'.' if fraction else ''}{fraction} {asset_id}"
