"""From facts and rules to a decision. Pure: the same facts and rules give the same trace, byte for byte, in any year.

Every rule is in the trace, fired or not, with each criterion and what it saw. Of the rules that fire the strictest outcome wins and
the highest quorum counts. When nothing fires the answer is deny. One request carries one role: rules that fire and ask for
different roles cannot all be satisfied by it, so that is a deny too, never a silently dropped demand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from approvals.policy.bands import bound, miss
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import ALLOW, BOUNDS, DENY, HOLD, LIST_CRITERIA, OUTCOMES, REQUIRE_APPROVAL, VALUED_IN, Rule

UNMATCHED = "unmatched"
ROLE_CONFLICT = "role-conflict"


@dataclass(frozen=True, slots=True)
class Decision:
    """`quorum` and `role` say who must approve when the outcome is require_approval or hold."""

    outcome: str
    quorum: int
    role: str
    trace: list[dict[str, Any]]


def evaluate(facts: TransferFacts, rules: Iterable[Rule]) -> Decision:
    """Decide. The order of `rules` does not matter; the trace is in order of their codes."""
    ordered = sorted(rules, key=lambda rule: rule.code)
    trace = [_look_at(rule, facts) for rule in ordered]
    fired = [rule for rule, seen in zip(ordered, trace, strict=True) if seen["fired"]]
    trace.append(_unmatched(fired))
    if not fired:
        return Decision(DENY, 0, "", trace)
    outcome = max((rule.outcome for rule in fired), key=OUTCOMES.index)
    if outcome in (ALLOW, DENY):
        return Decision(outcome, 0, "", trace)
    return _with_approvers(outcome, fired, trace)


def nearest_miss(trace: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The rule that came closest to firing on the amount alone, by distance in minor units; None when no rule missed by amount
    alone."""
    misses = [seen for seen in trace if seen["miss"] is not None]
    return min(misses, key=lambda seen: int(seen["miss"]["minor"]), default=None)


def _with_approvers(outcome: str, fired: list[Rule], trace: list[dict[str, Any]]) -> Decision:
    asking = [rule for rule in fired if rule.outcome in (REQUIRE_APPROVAL, HOLD)]
    roles = sorted({rule.role for rule in asking if rule.role})
    if len(roles) > 1:
        why = f"rules ask for different roles ({', '.join(roles)}), and one request carries one role"
        trace.append(_synthetic(ROLE_CONFLICT, "Rules that fire ask for different roles", fired=True, why=why))
        return Decision(DENY, 0, "", trace)
    return Decision(outcome, max(rule.quorum for rule in asking), roles[0] if roles else "", trace)


def _unmatched(fired: list[Rule]) -> dict[str, Any]:
    why = f"{len(fired)} of the rules above fired" if fired else "none of the rules above fired"
    return _synthetic(UNMATCHED, "What no rule allows is denied", fired=not fired, why=why)


def _synthetic(code: str, title: str, *, fired: bool, why: str) -> dict[str, Any]:
    seen = {"rule": code, "title": title, "outcome": DENY, "quorum": 0, "role": "", "fired": fired, "why": why}
    return {**seen, "criteria": [], "miss": None}


def _look_at(rule: Rule, facts: TransferFacts) -> dict[str, Any]:
    criteria = [_criterion(name, rule, facts) for name in sorted(rule.criteria) if name != VALUED_IN]
    failed = [seen for seen in criteria if not seen["holds"]]
    return {
        "rule": rule.code,
        "title": rule.title,
        "outcome": rule.outcome,
        "quorum": rule.quorum,
        "role": rule.role,
        "fired": not failed,
        "why": "; ".join(seen["why"] for seen in failed or criteria) or "it applies to everything",
        "criteria": criteria,
        "miss": miss(failed, facts),
    }


def _criterion(name: str, rule: Rule, facts: TransferFacts) -> dict[str, Any]:
    wanted = rule.criteria[name]
    if name in BOUNDS:
        return bound(name, rule, facts)
    actual = str(getattr(facts, LIST_CRITERIA[name]))
    holds = actual in wanted
    subject = name.replace("_", " ")
    why = f"{subject} {actual or '(none)'} is {'' if holds else 'not '}one of {', '.join(wanted)}"
    return {"criterion": name, "holds": holds, "actual": actual, "wanted": list(wanted), "why": why, "distance": None}
