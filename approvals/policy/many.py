"""The same rules over very many orders: each distinct case is decided once. Pure.

Two orders are the same case when no rule can tell them apart: they agree in every list criterion, and no bound of a band lies
between their amounts, nor between what they are worth in a currency that a band is stated in.
"""

from bisect import bisect_right
from collections.abc import Iterable

from approvals.policy.evaluate import Decision, evaluate
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import BOUNDS, LIST_CRITERIA, Rule


class Decider:
    """Decides by `rules`, which must not change meanwhile. A trace names the amounts of the first order of its case."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        bands = (rule.criteria.get(name) for rule in self._rules for name in BOUNDS)
        self._bounds = sorted({int(bound) for bound in bands if bound is not None})
        self._named = {one for rule in self._rules for one in rule.criteria.get("destination", ())}
        self._known: dict[tuple[object, ...], Decision] = {}

    def decide(self, facts: TransferFacts) -> Decision:
        case = self._case(facts)
        if case not in self._known:
            self._known[case] = evaluate(facts, self._rules)
        return self._known[case]

    def _case(self, facts: TransferFacts) -> tuple[object, ...]:
        destination = facts.destination_id if facts.destination_id in self._named else ""
        listed = (str(getattr(facts, field)) for field in LIST_CRITERIA.values() if field != "destination_id")
        worth = (
            bisect_right(self._bounds, one.minor(facts.amount, facts.asset_exponent or 0)) for one in facts.values if one.is_known
        )
        return (*listed, destination, bisect_right(self._bounds, facts.amount), *worth, *facts.values)
