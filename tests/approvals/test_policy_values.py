"""Bands stated in a currency: orders in any asset are judged by what they are worth, and by the strictest where nobody knows."""

import json
from dataclasses import replace
from typing import Any

import pytest

from approvals.errors import PolicyRuleInvalid
from approvals.policy.evaluate import Decision, evaluate, nearest_miss
from approvals.policy.facts import TransferFacts
from approvals.policy.many import Decider
from approvals.policy.valuing import Valuation, currencies
from tests.approvals.test_policy_evaluate import FACTS, rule

USD = Valuation("USD", 2, "1001/1000", "2026-11-27T01:00:00+00:00", 900, "Feed: USDC/USD bid 1.001")
UNKNOWN = Valuation("USD", 2, missing="the feed is silent")
PESOS = replace(FACTS, asset_id="MXN", asset_exponent=2, amount=1_000_00)
RULES = [
    rule("small", "allow", valued_in="USD", amount_below=10_000_00),
    rule("large", "require_approval", quorum=2, valued_in="USD", amount_from=10_000_00),
]


def of(amount: int, value: Valuation = USD, rules: Any = RULES) -> Decision:
    """About USDC, in minor units."""
    return evaluate(replace(FACTS, amount=amount, values=(value,)), rules)


def seen(decision: Decision, code: str) -> dict[str, Any]:
    return next(one for one in decision.trace if one["rule"] == code)


def test_an_order_is_judged_by_what_it_is_worth() -> None:
    assert of(9_990_000_000).outcome == "allow"
    assert (of(9_991_000_000).outcome, of(9_991_000_000).quorum) == ("require_approval", 2)
    pesos = Valuation("USD", 2, "1/18", "2026-11-27T01:00:00+00:00", 900, "Feed")
    assert evaluate(replace(PESOS, values=(pesos,)), RULES).outcome == "allow"
    assert evaluate(replace(PESOS, amount=180_000_00, values=(pesos,)), RULES).outcome == "require_approval"


def test_a_fraction_of_a_cent_never_stays_below_a_band() -> None:
    """9,990.009990... are worth exactly 10,000: the smallest amount above 9,999.99 counts as within it."""
    assert of(9_990_000_000).outcome == "allow"
    assert USD.minor(9_990_000_001, 6) == 10_000_00
    assert of(9_990_000_001).outcome == "require_approval"


def test_the_trace_says_which_rate_from_where_and_when() -> None:
    (one,) = seen(of(500_000_000), "large")["criteria"]
    assert one["why"] == (
        "500.00 USDC.ethereum at the reference rate (Feed: USDC/USD bid 1.001, 2026-11-27T01:00:00+00:00):"
        " 500.50 USD is 9,499.50 USD below 10,000.00 USD"
    )
    assert one["value"] == USD.to_json()
    miss = nearest_miss(of(500_000_000).trace)
    assert miss is not None
    assert miss["miss"]["words"] == "9,490.009991 USDC.ethereum below"


@pytest.mark.parametrize("facts", [replace(FACTS, values=(UNKNOWN,)), FACTS], ids=["stale", "nobody looked"])
def test_without_a_rate_the_strictest_band_counts(facts: TransferFacts) -> None:
    tiny = replace(facts, amount=1)
    assert (evaluate(tiny, RULES).outcome, evaluate(tiny, RULES).quorum) == ("require_approval", 2)
    denying = [*RULES, rule("never", "deny", valued_in="USD", amount_from=1_000_000_00)]
    assert evaluate(tiny, denying).outcome == "deny"
    assert evaluate(tiny, RULES[:1]).outcome == "deny"
    assert evaluate(tiny, RULES[:1]).trace[-1]["fired"] is True


def test_without_a_rate_the_trace_says_why() -> None:
    decision = of(1, UNKNOWN)
    assert "is not known, so it counts as within the band: the feed is silent" in seen(decision, "large")["why"]
    assert "is not known, so it does not count as allowed: the feed is silent" in seen(decision, "small")["why"]
    assert nearest_miss(decision.trace) is None


def test_stored_facts_give_the_same_trace_again() -> None:
    facts = replace(FACTS, values=(USD,))
    again = TransferFacts.from_json(json.loads(json.dumps(facts.to_json())))
    assert again == facts
    assert json.dumps(evaluate(again, RULES).trace) == json.dumps(evaluate(facts, RULES).trace)
    assert "values" not in FACTS.to_json()


def test_very_many_orders_are_told_apart_by_what_they_are_worth() -> None:
    decider = Decider(RULES)
    for amount in (9_990_000_000, 9_990_000_001, 1, 10**12):
        facts = replace(FACTS, amount=amount, values=(USD,))
        assert decider.decide(facts).outcome == evaluate(facts, RULES).outcome
        unvalued = replace(FACTS, amount=amount, values=(UNKNOWN,))
        assert decider.decide(unvalued).outcome == evaluate(unvalued, RULES).outcome


def test_only_bands_about_the_asset_ask_for_a_rate() -> None:
    theirs = rule("theirs", "deny", asset=["ETH.ethereum"], valued_in="EUR", amount_from=1)
    plain = rule("plain", "allow", asset=[FACTS.asset_id], amount_from=1)
    assert currencies([theirs, plain], FACTS.asset_id) == ()
    assert currencies([theirs, *RULES], "ETH.ethereum") == ("EUR", "USD")


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"valued_in": "USD"}, "no band"),
        ({"valued_in": ["USD"], "amount_from": 1}, "one currency"),
        ({"amount_from": 1}, "valued_in"),
    ],
)
def test_a_band_that_could_not_mean_what_it_says_is_refused(criteria: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyRuleInvalid, match=words):
        rule("wrong", "deny", **criteria)
