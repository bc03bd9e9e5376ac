"""approvals.commands.policy: sets are published whole and stand; decisions are stored and can be taken again."""

from typing import Any

import pytest
from django.db import transaction

from approvals.commands import decide_policy, publish_policy_set
from approvals.errors import PolicyMissing, PolicyRuleInvalid, PolicySetExists, PolicyTampered
from approvals.models import PolicyDecision, PolicyRule, PolicySet
from approvals.queries import active_set, decide_again, get_decision, policy_sets, trace_of
from audit.models import AuditEvent
from tests.approvals.conftest import NOON
from tests.approvals.test_constraints import check_deferred, refused, run
from tests.approvals.test_policy_evaluate import FACTS, USDC

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdc")]

RULES: list[dict[str, Any]] = [
    {
        "code": "acme-dual",
        "title": "acme: two people from 100,000 USDC",
        "criteria": {"client": ["acme"], "asset": [USDC], "amount_from": 100_000_000_000},
        "outcome": "require_approval",
        "quorum": 2,
        "role": "approver",
    },
    {"code": "known", "title": "Allowed destinations", "criteria": {"destination_status": ["allowed"]}, "outcome": "allow"},
]


def _decide(**changes: Any) -> PolicyDecision:
    from dataclasses import replace

    return decide_policy(subject_type="transfer", subject_id="t-1", facts=replace(FACTS, **changes))


def test_a_set_is_published_whole() -> None:
    published = publish_policy_set(version=1, rules=RULES)
    assert active_set() == published
    assert (published.status, published.published_at, published.published_by) == ("active", NOON, "test")
    assert [row.code for row in published.rules.order_by("code")] == ["acme-dual", "known"]
    assert published.rules.get(code="acme-dual").criteria["amount_from"] == "100000000000"
    event = AuditEvent.objects.get(type="approvals.policy_published")
    assert event.metadata == {"digest": bytes(published.digest or b"").hex(), "rules": ["acme-dual", "known"], "retired": []}


def test_the_next_set_retires_the_one_before() -> None:
    publish_policy_set(version=1, rules=RULES)
    publish_policy_set(version=2, rules=RULES[1:])
    assert [(found.version, found.status) for found in policy_sets()] == [(2, "active"), (1, "retired")]


def test_publishing_the_same_again_changes_nothing() -> None:
    first = publish_policy_set(version=1, rules=RULES)
    assert publish_policy_set(version=1, rules=list(reversed(RULES))) == first
    assert AuditEvent.objects.filter(type="approvals.policy_published").count() == 1


def test_a_version_never_gets_other_rules() -> None:
    publish_policy_set(version=1, rules=RULES)
    with pytest.raises(PolicySetExists):
        publish_policy_set(version=1, rules=RULES[1:])
    assert PolicyRule.objects.count() == 2


@pytest.mark.parametrize("rules", [[], [RULES[0], RULES[0]], [RULES[0], {"code": "bad"}]])
def test_one_bad_rule_refuses_the_set(rules: list[dict[str, Any]]) -> None:
    publish_policy_set(version=1, rules=RULES)
    with pytest.raises(PolicyRuleInvalid):
        publish_policy_set(version=2, rules=rules)
    assert [found.version for found in policy_sets()] == [1]


def test_a_decision_is_stored_with_its_facts_and_trace() -> None:
    publish_policy_set(version=1, rules=RULES)
    decision = _decide(asset_exponent=None)
    stored = PolicyDecision.objects.get()
    assert (decision.outcome, decision.quorum, decision.role, decision.set_id) == ("require_approval", 2, "approver", 1)
    assert (stored.facts["amount"], stored.facts["asset_exponent"]) == ("250000000000", 6)
    event = AuditEvent.objects.get(type="approvals.policy_decided")
    assert (event.resource_type, event.resource_id, event.metadata["fired"]) == ("transfer", "t-1", ["acme-dual", "known"])


def test_the_trace_names_the_nearest_miss_in_the_words_of_the_asset() -> None:
    publish_policy_set(version=1, rules=RULES)
    decision = _decide(amount=99_500_000_000, asset_exponent=None)
    assert decision.outcome == "allow"
    assert trace_of(decision)[0]["miss"]["words"] == "500.00 USDC.ethereum below"


def test_what_is_let_go_keeps_marks_and_tells_its_whole_trace_also_after_the_policy_moved_on() -> None:
    publish_policy_set(version=1, rules=RULES)
    _decide(amount=99_500_000_000, asset_exponent=None)
    publish_policy_set(version=2, rules=[{"code": "all", "title": "Deny all", "criteria": {}, "outcome": "deny"}])
    stored = PolicyDecision.objects.get()
    assert stored.kept == {"form": 1, "holds": {"acme-dual": "011", "known": "1"}}
    assert [seen["rule"] for seen in trace_of(stored)] == ["acme-dual", "known", "unmatched"]
    assert trace_of(stored) == decide_again(stored).trace
    assert AuditEvent.objects.get(type="approvals.policy_decided").metadata["fired"] == ["known"]


def test_a_trace_that_was_kept_whole_is_read_as_it_is() -> None:
    publish_policy_set(version=1, rules=RULES)
    decision = _decide(amount=99_500_000_000)
    old = PolicyDecision(set_id=1, outcome="allow", facts=decision.facts, kept=[{"rule": "known", "title": "Words of that day"}])
    assert trace_of(old) == [{"rule": "known", "title": "Words of that day"}]


def test_marks_that_facts_and_rules_do_not_give_are_not_explained() -> None:
    publish_policy_set(version=1, rules=RULES)
    decision = _decide(amount=99_500_000_000)
    decision.kept["holds"]["acme-dual"] = "111"
    with pytest.raises(PolicyTampered):
        trace_of(decision)


def test_what_is_stopped_keeps_its_whole_trace_also_by_sql() -> None:
    publish_policy_set(version=1, rules=RULES)
    decision = _decide()
    assert trace_of(decision) == decision.kept == decide_again(decision).trace
    with refused("approvals_decision_stopped_keeps_its_whole_trace"):
        run(
            "INSERT INTO approvals_policydecision (id, set_id, subject_type, subject_id, facts, outcome, quorum, role, trace,"
            " decided_at, correlation_id) SELECT gen_random_uuid(), set_id, subject_type, subject_id, facts, outcome, quorum, role,"
            """ '{"form": 1, "holds": {}}', decided_at, correlation_id FROM approvals_policydecision"""
        )


def test_a_decision_taken_again_is_identical_also_after_the_policy_moved_on() -> None:
    publish_policy_set(version=1, rules=RULES)
    decisions = [_decide(amount=amount) for amount in (1, 99_999_999_999, 100_000_000_000, 2**255)]
    publish_policy_set(version=2, rules=[{"code": "all", "title": "Deny all", "criteria": {}, "outcome": "deny"}])
    for decision in decisions:
        stored = get_decision(decision.id)
        again = decide_again(stored)
        assert again.trace == trace_of(stored)
        assert (again.outcome, again.quorum, again.role) == (stored.outcome, stored.quorum, stored.role)


def test_without_a_set_nothing_is_decided() -> None:
    with pytest.raises(PolicyMissing):
        _decide()
    assert PolicyDecision.objects.count() == 0


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ("UPDATE approvals_policyrule SET quorum = 1", "keeps its history"),
        ("DELETE FROM approvals_policyrule", "keeps its history"),
        ("TRUNCATE approvals_policyrule CASCADE", "keeps its history"),
        ("DELETE FROM approvals_policyset", "keeps its history"),
        ("TRUNCATE approvals_policyset CASCADE", "keeps its history"),
        ("UPDATE approvals_policyset SET digest = sha256('x')", "a published policy set never changes"),
        ("UPDATE approvals_policyset SET published_by = 'me'", "a published policy set never changes"),
        ("UPDATE approvals_policyset SET status = 'draft'", "from draft to active to retired"),
        ("UPDATE approvals_policyset SET version = 7", "from draft to active to retired"),
        ("UPDATE approvals_policydecision SET outcome = 'allow'", "keeps its history"),
        ("DELETE FROM approvals_policydecision", "keeps its history"),
        (
            "INSERT INTO approvals_policyset (version, status, published_by, published_at, digest)"
            " VALUES (9, 'active', 'me', now(), sha256('x'))",
            "begins as a draft",
        ),
        (
            "INSERT INTO approvals_policyrule (id, set_id, code, title, criteria, outcome, quorum, role)"
            " VALUES (gen_random_uuid(), 1, 'mine', 'Mine', '{}', 'allow', 0, '')",
            "takes no more rules",
        ),
    ],
)
def test_a_published_set_and_its_decisions_stand_against_sql(attack: str, words: str) -> None:
    publish_policy_set(version=1, rules=RULES)
    _decide()
    with refused(words):
        run(attack)


def test_a_set_is_not_put_in_force_without_rules_or_digest() -> None:
    PolicySet.objects.create(version=3)
    activate = "UPDATE approvals_policyset SET status = 'active', published_at = now(), published_by = 'me', digest = {}"
    with refused("published with its rules"):
        run(activate.format("sha256('x')"))
    PolicyRule(set_id=3, code="a", title="A", criteria={}, outcome="allow").save()
    with refused("approvals_policy_published_with_digest"):
        run(activate.format("NULL"))


def test_a_retired_set_does_not_come_back() -> None:
    publish_policy_set(version=1, rules=RULES)
    publish_policy_set(version=2, rules=RULES[1:])
    with refused("from draft to active to retired"):
        run("UPDATE approvals_policyset SET status = 'active' WHERE version = 1")


def test_a_rule_changed_behind_the_guards_stops_every_decision() -> None:
    publish_policy_set(version=1, rules=RULES)
    check_deferred()
    run("ALTER TABLE approvals_policyrule DISABLE TRIGGER refuse_change")
    run("UPDATE approvals_policyrule SET quorum = 1 WHERE code = 'acme-dual'")
    with pytest.raises(PolicyTampered), transaction.atomic():
        _decide()
