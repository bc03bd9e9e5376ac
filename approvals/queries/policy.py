"""Reading policy sets and decisions, and taking a stored decision again."""

from uuid import UUID

from approvals import canonical
from approvals.errors import PolicyTampered, Unknown
from approvals.models import PolicyDecision, PolicySet
from approvals.policy.evaluate import Decision, evaluate
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import Rule


def active_set() -> PolicySet | None:
    return PolicySet.objects.filter(status=PolicySet.Status.ACTIVE).first()


def policy_sets() -> list[PolicySet]:
    """Every version with its rules, newest first."""
    return list(PolicySet.objects.prefetch_related("rules").order_by("-version"))


def rules_of(policy_set: PolicySet) -> list[Rule]:
    """The rules as published. Raises PolicyTampered when the rows no longer give the set's digest."""
    rules = [
        Rule(code=row.code, title=row.title, criteria=row.criteria, outcome=row.outcome, quorum=row.quorum, role=row.role)
        for row in policy_set.rules.order_by("code")
    ]
    # PostgreSQL's collation need not be ours; codes are ASCII and sorted here as they were at publishing.
    rules.sort(key=lambda rule: rule.code)
    written = canonical.to_bytes({"version": policy_set.version, "rules": [rule.to_json() for rule in rules]})
    if canonical.digest_of(written) != bytes(policy_set.digest or b""):
        raise PolicyTampered(policy_set.version)
    return rules


def get_decision(decision_id: UUID) -> PolicyDecision:
    """Raises Unknown."""
    decision = PolicyDecision.objects.select_related("set").filter(id=decision_id).first()
    if decision is None:
        raise Unknown("policy decision", decision_id)
    return decision


def decide_again(decision: PolicyDecision) -> Decision:
    """The recorded facts against the recorded set: the identical trace, or something is wrong with one of them."""
    return evaluate(TransferFacts.from_json(decision.facts), rules_of(decision.set))
