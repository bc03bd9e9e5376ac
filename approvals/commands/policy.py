"""Publishing policy sets and taking decisions with the active one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from django.db import connection, transaction

from approvals import canonical, events
from approvals.errors import PolicyMissing, PolicyRuleInvalid, PolicySetExists
from approvals.models import PolicyDecision, PolicyRule, PolicySet
from approvals.policy.evaluate import Decision, evaluate
from approvals.policy.facts import TransferFacts
from approvals.policy.rules import ALLOW, Rule, checked
from approvals.policy.short import fired, let_go
from approvals.queries.policy import active_set, rules_of
from audit import clock, context
from audit.commands import record
from audit.rows import new_row
from ledger.queries import unit


@transaction.atomic
def publish_policy_set(*, version: int, rules: Iterable[Mapping[str, Any]]) -> PolicySet:
    """Put a whole set in force; the one before it is retired. From here on the database lets nobody change it.

    Each rule is `{"code", "title", "criteria", "outcome", "quorum", "role"}`. Publishing the same version with the same rules again
    is a no-op; raises PolicySetExists with others, PolicyRuleInvalid for a rule that could not mean what it says.
    """
    _one_publication_at_a_time()
    wanted = _checked(rules)
    digest = canonical.digest_of(canonical.to_bytes({"version": version, "rules": [rule.to_json() for rule in wanted]}))
    existing = PolicySet.objects.filter(version=version).first()
    if existing is not None:
        if bytes(existing.digest or b"") != digest:
            raise PolicySetExists(version)
        return existing
    retired = list(PolicySet.objects.filter(status=PolicySet.Status.ACTIVE))
    published = PolicySet.objects.create(version=version)
    for rule in wanted:
        row = PolicyRule(set=published, **rule.to_json())
        row.change_reason = f"policy set {version} was published"
        row.save(force_insert=True)
    for old in retired:
        old.status = PolicySet.Status.RETIRED
        old.save(update_fields=["status"])
    published.status = PolicySet.Status.ACTIVE
    published.published_at = clock.now()
    published.published_by = context.current().actor.id
    published.digest = digest
    published.save(update_fields=["status", "published_at", "published_by", "digest"])
    record(
        type=events.POLICY_PUBLISHED,
        resource_type="policy_set",
        resource_id=str(version),
        metadata={"digest": digest.hex(), "rules": [rule.code for rule in wanted], "retired": [old.version for old in retired]},
    )
    return published


@transaction.atomic
def decide_policy(*, subject_type: str, subject_id: str, facts: TransferFacts) -> PolicyDecision:
    """What the active set says about these facts, stored with its trace. Denying is an answer, not an error.

    Raises PolicyMissing when no set is active and PolicyTampered when its rules are not the published ones: both fail closed.
    """
    policy_set = active_set()
    if policy_set is None:
        raise PolicyMissing
    decision = judged(
        subject_type=subject_type, subject_id=subject_id, facts=facts, version=policy_set.version, rules=rules_of(policy_set)
    )
    decision.save(force_insert=True)
    record(**told(decision))
    return decision


def judged(*, subject_type: str, subject_id: str, facts: TransferFacts, version: int, rules: Sequence[Rule]) -> PolicyDecision:
    """What `rules` of set `version` say about these facts, not stored yet. What is let go keeps its trace in the short form."""
    if facts.asset_exponent is None:
        facts = replace(facts, asset_exponent=unit(facts.asset_id).exponent)
    in_short = let_go(facts, rules)
    decision = evaluate(facts, rules) if in_short is None else Decision(ALLOW, 0, "", [])
    return new_row(
        PolicyDecision,
        set_id=version,
        subject_type=subject_type,
        subject_id=subject_id,
        facts=facts.to_json(),
        outcome=decision.outcome,
        quorum=decision.quorum,
        role=decision.role,
        kept=decision.trace if in_short is None else in_short,
        decided_at=clock.now(),
        correlation_id=context.current().correlation_id,
    )


def told(decision: PolicyDecision) -> dict[str, Any]:
    """What the audit trail says of a decision when it is stored."""
    return {
        "type": events.POLICY_DECIDED,
        "resource_type": decision.subject_type,
        "resource_id": decision.subject_id,
        "metadata": {
            "decision": str(decision.id),
            "policy_set": decision.set_id,
            "outcome": decision.outcome,
            "fired": fired(decision.kept),
        },
    }


def _checked(rules: Iterable[Mapping[str, Any]]) -> list[Rule]:
    wanted = sorted((checked(raw) for raw in rules), key=lambda rule: rule.code)
    if not wanted:
        raise PolicyRuleInvalid("", "a set without rules would deny everything; retire the business, not the policy")
    for first, second in pairwise(wanted):
        if first.code == second.code:
            raise PolicyRuleInvalid(first.code, "two rules have this code")
    return wanted


def _one_publication_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('approvals_publish_policy', 0))")
