"""The short form of a trace: of a decision that lets an order go by itself, what is kept is which criteria of which rule held.

All that a trace says beyond that is in the facts beside it and in the rules of the set that it names, and both stand for ever.
So the whole trace is told from them when somebody reads it (approvals.queries.trace_of), and must come to the same marks. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.policy.bands import holds as holds_for_amount
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import ALLOW, BOUNDS, LIST_CRITERIA, VALUED_IN, Rule

FORM = 1
Kept = list[dict[str, Any]] | dict[str, Any]


def let_go(facts: TransferFacts, rules: Iterable[Rule]) -> dict[str, Any] | None:
    """The short form where every rule that fires allows; None for every other decision, whose trace is kept whole."""
    marks, fires = {}, False
    for rule in sorted(rules, key=lambda rule: rule.code):
        marks[rule.code] = "".join("1" if _holds(name, rule, facts) else "0" for name in sorted(rule.criteria) if name != VALUED_IN)
        if "0" not in marks[rule.code]:
            if rule.outcome != ALLOW:
                return None
            fires = True
    return {"form": FORM, "holds": marks} if fires else None


def shortened(trace: list[dict[str, Any]]) -> dict[str, Any]:
    """The short form of the whole trace of what was let go. Its last line is about what no rule allows, and no rule itself."""
    marks = {seen["rule"]: "".join("1" if one["holds"] else "0" for one in seen["criteria"]) for seen in trace[:-1]}
    return {"form": FORM, "holds": marks}


def fired(kept: Kept) -> list[str]:
    """The codes of what fired, from either form."""
    if isinstance(kept, Mapping):
        return [code for code, marks in kept["holds"].items() if "0" not in marks]
    return [seen["rule"] for seen in kept if seen["fired"]]


def _holds(name: str, rule: Rule, facts: TransferFacts) -> bool:
    if name in BOUNDS:
        return holds_for_amount(name, rule, facts)
    return str(getattr(facts, LIST_CRITERIA[name])) in rule.criteria[name]
