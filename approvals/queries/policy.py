"""Reading policy sets and decisions, and taking a stored decision again."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from approvals import canonical
from approvals.errors import PolicyTampered, Unknown
from approvals.models import PolicyDecision, PolicyRule, PolicySet
from approvals.policy.evaluate import Decision, evaluate
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import Rule
from approvals.policy.short import Kept, shortened


def active_set() -> PolicySet | None:
    return PolicySet.objects.filter(status=PolicySet.Status.ACTIVE).first()


def policy_sets() -> list[PolicySet]:
    """Every version with its rules, newest first."""
    return list(PolicySet.objects.prefetch_related("rules").order_by("-version"))


def rules_of(policy_set: PolicySet) -> list[Rule]:
    """The rules as published. Raises PolicyTampered when the rows no longer give the set's digest."""
    return _read_rules(policy_set.version, bytes(policy_set.digest or b""))


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """The active set as a database function names it: `seen` stands for the very rows of its rules."""

    version: int
    digest: bytes
    seen: str

    def rules(self) -> list[Rule]:
        """Read, held against the digest and compiled once for these rows. Raises PolicyTampered."""
        return _known_rules(connection.settings_dict["NAME"], self)


@lru_cache(maxsize=4)
def _known_rules(database: str, policy: PolicyInForce) -> list[Rule]:  # noqa: ARG001 - rows are those of one database
    return _read_rules(policy.version, policy.digest)


def _read_rules(version: int, digest: bytes) -> list[Rule]:
    rules = [
        Rule(code=row.code, title=row.title, criteria=row.criteria, outcome=row.outcome, quorum=row.quorum, role=row.role)
        for row in PolicyRule.objects.filter(set_id=version).order_by("code")
    ]
    # PostgreSQL's collation need not be ours; codes are ASCII and sorted here as they were at publishing.
    rules.sort(key=lambda rule: rule.code)
    written = canonical.to_bytes({"version": version, "rules": [rule.to_json() for rule in rules]})
    if canonical.digest_of(written) != digest:
        raise PolicyTampered(version)
    return rules


def get_decision(decision_id: UUID) -> PolicyDecision:
    """Raises Unknown."""
    decision = PolicyDecision.objects.select_related("set").filter(id=decision_id).first()
    if decision is None:
        raise Unknown("policy decision", decision_id)
    return decision


def trace_of(decision: PolicyDecision) -> list[dict[str, Any]]:
    """The whole trace of a stored decision. One that is kept in short is told by its facts and the rules of its set. Raises
    PolicyTampered when those are no longer the published ones, or give other marks than were kept."""
    kept: Kept = decision.kept
    if isinstance(kept, list):
        return kept
    trace = decide_again(decision).trace
    if shortened(trace) != kept:
        raise PolicyTampered(decision.set_id)
    return trace


def decide_again(decision: PolicyDecision) -> Decision:
    """The recorded facts against the recorded set: the identical trace, or something is wrong with one of them."""
    return evaluate(TransferFacts.from_json(decision.facts), rules_of(decision.set))
