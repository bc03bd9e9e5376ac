"""approvals.policy: the strictest rule wins, what nothing allows is denied, and the trace says why, to the minor unit."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.errors import PolicyRuleInvalid
from approvals.policy.evaluate import Decision, evaluate, nearest_miss
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import OUTCOMES, Rule, checked
from approvals.policy.short import fired, let_go, shortened

USDC = "USDC.ethereum"
FACTS = TransferFacts(
    client_id="acme",
    route="withdrawal",
    corridor_id="US-ETHEREUM",
    asset_id=USDC,
    amount=250_000_000_000,
    destination_kind="crypto_address",
    destination_id="d-1",
    destination_status="allowed",
    country="US",
    made_by_type="api_client",
    asset_exponent=6,
)


def rule(code: str, outcome: str, *, quorum: int = 0, role: str = "", **criteria: Any) -> Rule:
    asks = outcome == "require_approval"
    return checked(
        {
            "code": code,
            "title": f"Rule {code}",
            "criteria": criteria,
            "outcome": outcome,
            "quorum": quorum or int(asks),
            "role": role or ("approver" if asks else ""),
        }
    )


def _row(decision: Decision, code: str) -> dict[str, Any]:
    return next(seen for seen in decision.trace if seen["rule"] == code)


def test_what_no_rule_allows_is_denied() -> None:
    for rules in ([], [rule("other", "allow", client=["globex"])]):
        decision = evaluate(FACTS, rules)
        assert (decision.outcome, decision.quorum, decision.role) == ("deny", 0, "")
        assert _row(decision, "unmatched")["fired"] is True


def test_the_trace_has_every_rule_fired_or_not_with_the_reason() -> None:
    decision = evaluate(FACTS, [rule("b", "allow", client=["acme"]), rule("a", "deny", country=["KP", "IR"])])
    assert [seen["rule"] for seen in decision.trace] == ["a", "b", "unmatched"]
    assert [seen["fired"] for seen in decision.trace] == [False, True, False]
    assert _row(decision, "a")["why"] == "country US is not one of IR, KP"
    assert _row(decision, "b")["why"] == "client acme is one of acme"
    assert _row(decision, "a")["miss"] is None


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_strictest_outcome_wins(outcome: str) -> None:
    up_to = OUTCOMES[: OUTCOMES.index(outcome) + 1]
    rules = [rule(name, name) for name in up_to]
    assert evaluate(FACTS, rules).outcome == outcome


def test_the_highest_quorum_counts_even_under_a_hold() -> None:
    rules = [rule("one", "require_approval", quorum=1), rule("three", "require_approval", quorum=3), rule("free", "allow")]
    assert evaluate(FACTS, rules).quorum == 3
    assert evaluate(FACTS, [*rules, rule("held", "hold")]) == replace(
        evaluate(FACTS, [*rules, rule("held", "hold")]), outcome="hold", quorum=3, role="approver"
    )


def test_rules_that_ask_for_different_roles_deny_rather_than_drop_one() -> None:
    rules = [rule("a", "require_approval", role="approver"), rule("b", "require_approval", role="compliance")]
    decision = evaluate(FACTS, rules)
    assert decision.outcome == "deny"
    assert "approver, compliance" in _row(decision, "role-conflict")["why"]


@pytest.mark.parametrize(
    ("amount", "fires", "miss"),
    [
        (999_999_999_999, False, "0.000001 USDC.ethereum below"),
        (250_000_000_000, False, "750,000.00 USDC.ethereum below"),
        (1_000_000_000_000, True, None),
        (1_999_999_999_999, True, None),
        (2_000_000_000_000, False, "0.000001 USDC.ethereum above"),
    ],
)
def test_a_band_begins_at_its_first_and_ends_before_its_last_amount(amount: int, fires: bool, miss: str | None) -> None:
    band = rule("band", "deny", asset=[USDC], amount_from=1_000_000_000_000, amount_below="2000000000000")
    seen = _row(evaluate(replace(FACTS, amount=amount), [band]), "band")
    assert seen["fired"] is fires
    assert (seen["miss"] and seen["miss"]["words"]) == miss


def test_a_miss_is_exactly_what_was_missing() -> None:
    """Moving the amount by `minor` makes the rule fire; by one unit less it does not."""
    band = rule("band", "deny", asset=[USDC], amount_from=1_000_000, amount_below=2_000_000)
    for amount, direction in ((3, 1), (2_000_000, -1), (7_654_321, -1)):
        miss = _row(evaluate(replace(FACTS, amount=amount), [band]), "band")["miss"]
        moved = [replace(FACTS, amount=amount + direction * (int(miss["minor"]) - short)) for short in (0, 1)]
        assert [_row(evaluate(facts, [band]), "band")["fired"] for facts in moved] == [True, False]


def test_a_rule_for_somebody_else_is_no_near_miss() -> None:
    rules = [
        rule("theirs", "require_approval", client=["globex"], asset=[USDC], amount_from=250_000_000_001),
        rule("dual", "require_approval", client=["acme"], asset=[USDC], amount_from=250_500_000_000),
        rule("triple", "require_approval", client=["acme"], asset=[USDC], amount_from=900_000_000_000),
        rule("free", "allow"),
    ]
    decision = evaluate(FACTS, rules)
    nearest = nearest_miss(decision.trace)
    assert nearest is not None
    assert (nearest["rule"], nearest["miss"]["minor"], nearest["miss"]["words"]) == (
        "dual",
        "500000000",
        "500.00 USDC.ethereum below",
    )
    assert nearest_miss(evaluate(FACTS, [rule("free", "allow")]).trace) is None


def test_without_the_exponent_the_words_are_in_minor_units() -> None:
    band = rule("band", "deny", asset=[USDC], amount_from=1_000_000_000_000)
    seen = _row(evaluate(replace(FACTS, asset_exponent=None), [band]), "band")
    assert seen["miss"]["words"] == "750,000,000,000 minor units of USDC.ethereum below"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "Not A Slug"}, "code"),
        ({"title": " "}, "title"),
        ({"outcome": "maybe"}, "outcome"),
        ({"criteria": {"colour": ["red"]}}, "unknown criterion"),
        ({"criteria": {"client": []}}, "list"),
        ({"criteria": {"client": "acme"}}, "list"),
        ({"criteria": {"destination_status": ["fine"]}}, "destination_status"),
        ({"criteria": {"asset": [USDC], "amount_from": 1.5}}, "minor units"),
        ({"criteria": {"asset": [USDC], "amount_from": True}}, "minor units"),
        ({"criteria": {"asset": [USDC], "amount_from": "-1"}}, "minor units"),
        ({"criteria": {"asset": [USDC], "amount_from": "1.0"}}, "minor units"),
        ({"criteria": {"amount_from": 1}}, "exactly one asset"),
        ({"criteria": {"asset": [USDC, "USDC.base"], "amount_below": 1}}, "exactly one asset"),
        ({"criteria": {"asset": [USDC], "amount_from": 5, "amount_below": 5}}, "empty"),
        ({"criteria": {"asset": [USDC], "amount_below": 0}}, "empty"),
        ({"outcome": "require_approval"}, "how many people"),
        ({"outcome": "require_approval", "quorum": 2}, "how many people"),
        ({"outcome": "require_approval", "role": "approver"}, "how many people"),
        ({"quorum": 1}, "asks nobody"),
        ({"quorum": -1}, "whole number"),
        ({"note": "x"}, "unknown parts"),
    ],
)
def test_a_rule_that_could_not_mean_what_it_says_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyRuleInvalid, match=words):
        checked({"code": "ok", "title": "Fine", "criteria": {}, "outcome": "allow"} | changes)


@pytest.mark.parametrize("amount", [1.5, "1", True, None])
def test_facts_take_whole_minor_units(amount: Any) -> None:
    with pytest.raises(TypeError):
        replace(FACTS, amount=amount)


_facts = st.builds(
    TransferFacts,
    client_id=st.sampled_from(["acme", "globex"]),
    route=st.sampled_from(["withdrawal", "off_ramp"]),
    corridor_id=st.sampled_from(["US-MX", "US-ETHEREUM"]),
    asset_id=st.sampled_from([USDC, "ETH.ethereum"]),
    amount=st.integers(0, 2**256),
    destination_kind=st.sampled_from(["crypto_address", "bank_account"]),
    destination_id=st.sampled_from(["", "d-1"]),
    destination_status=st.sampled_from(["allowed", "cooling_off", "unknown", "blocked"]),
    country=st.sampled_from(["", "MX", "US"]),
    made_by_type=st.sampled_from(["operator", "api_client"]),
    asset_exponent=st.sampled_from([None, 0, 6, 18]),
)


@st.composite
def _rule(draw: st.DrawFn) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    if draw(st.booleans()):
        criteria["client"] = draw(st.sampled_from([["acme"], ["acme", "globex"]]))
    if draw(st.booleans()):
        criteria["destination_status"] = draw(st.sampled_from([["allowed"], ["unknown", "cooling_off"]]))
    if draw(st.booleans()):
        lower = draw(st.integers(0, 2**200))
        criteria |= {"asset": [USDC], "amount_from": lower, "amount_below": str(lower + draw(st.integers(1, 2**200)))}
    outcome = draw(st.sampled_from(OUTCOMES))
    asks = outcome == "require_approval"
    quorum, role = (draw(st.integers(1, 3)), draw(st.sampled_from(["approver", "compliance"]))) if asks else (0, "")
    return {"title": "A rule", "criteria": criteria, "outcome": outcome, "quorum": quorum, "role": role}


_rules = st.lists(_rule(), max_size=6).map(lambda found: [checked(raw | {"code": f"r{n}"}) for n, raw in enumerate(found)])


@given(_facts, _rules)
def test_stored_facts_and_rules_give_the_identical_decision(facts: TransferFacts, rules: list[Rule]) -> None:
    """Through JSON and back, and in any order of rules: the same trace, byte for byte."""
    decision = evaluate(facts, rules)
    stored_facts = TransferFacts.from_json(json.loads(json.dumps(facts.to_json())))
    stored_rules = [Rule(**raw) for raw in json.loads(json.dumps([one.to_json() for one in rules]))]
    random.Random(7).shuffle(stored_rules)
    again = evaluate(stored_facts, stored_rules)
    assert stored_facts == facts
    assert again == decision
    assert json.loads(json.dumps(decision.trace)) == decision.trace


@given(_facts, _rules)
def test_the_short_form_says_what_the_whole_trace_says(facts: TransferFacts, rules: list[Rule]) -> None:
    decision = evaluate(facts, rules)
    assert let_go(facts, rules) == (shortened(decision.trace) if decision.outcome == "allow" else None)
    if decision.outcome == "allow":
        assert fired(shortened(decision.trace)) == fired(decision.trace)


@given(_facts, _rules, _rule())
def test_another_rule_never_loosens_what_a_rule_decided(facts: TransferFacts, rules: list[Rule], extra: dict[str, Any]) -> None:
    before = evaluate(facts, rules)
    after = evaluate(facts, [*rules, checked(extra | {"code": "extra"})])
    if not _row(before, "unmatched")["fired"]:
        assert OUTCOMES.index(after.outcome) >= OUTCOMES.index(before.outcome)
        if after.outcome == before.outcome:
            assert after.quorum >= before.quorum


@given(_facts, _rules)
def test_a_checked_rule_is_in_its_final_form(facts: TransferFacts, rules: list[Rule]) -> None:
    assert [checked(one.to_json()) for one in rules] == rules
