"""Policy sets, their rules, and the decisions taken with them. A set is published whole and never edited; unmatched means deny."""

from django.db import models
from django.db.models import Q

from approvals.models.history import Versioned, versions
from audit.identity import new_id


class PolicySet(models.Model):
    """A version of the policy. At most one is active."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        RETIRED = "retired"

    version = models.PositiveIntegerField(primary_key=True)
    status = models.TextField(choices=Status.choices, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True)
    published_by = models.TextField(blank=True, default="")
    digest = models.BinaryField(max_length=32, null=True, help_text="SHA-256 of the canonical rules, set at publishing.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["status"], condition=Q(status="active"), name="approvals_policy_one_active_set")
        ]


class PolicyRule(Versioned):
    """One row of a set. All criteria of `criteria` must hold for it to fire; of the rules that fire, the strictest outcome wins
    (deny, hold, require_approval, allow) and quorums take the highest."""

    class Outcome(models.TextChoices):
        ALLOW = "allow"
        REQUIRE_APPROVAL = "require_approval"
        HOLD = "hold"
        DENY = "deny"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    set = models.ForeignKey(PolicySet, on_delete=models.PROTECT, related_name="rules")
    code = models.SlugField(max_length=60)
    title = models.TextField(help_text="The rule in words, as approvers read it.")
    criteria = models.JSONField(help_text="Lists by criterion; amount_from and amount_below in minor units, as decimal strings.")
    outcome = models.TextField(choices=Outcome.choices)
    quorum = models.PositiveSmallIntegerField(default=0)
    role = models.TextField(blank=True, default="", help_text="Group whose members may approve.")

    history = versions()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["set", "code"], name="approvals_policy_rule_code_once_per_set"),
            models.CheckConstraint(
                condition=~Q(outcome="require_approval") | Q(quorum__gte=1) & ~Q(role=""),
                name="approvals_policy_rule_approval_names_quorum",
            ),
        ]


class PolicyDecision(models.Model):
    """What the policy said about one set of facts, with its trace; evaluating the recorded facts again gives the identical
    trace. `kept` is the trace whole or in its short form (approvals.policy.short): approvals.queries.trace_of reads both."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The database looks for it when the decision is written (migrations/sql/0013): a set is never deleted.
    set = models.ForeignKey(PolicySet, on_delete=models.PROTECT, related_name="decisions", db_index=False, db_constraint=False)
    subject_type = models.TextField()
    subject_id = models.TextField(db_index=True)
    facts = models.JSONField()
    outcome = models.TextField(choices=PolicyRule.Outcome.choices)
    quorum = models.PositiveSmallIntegerField()
    role = models.TextField(blank=True, default="")
    kept = models.JSONField(db_column="trace")
    decided_at = models.DateTimeField()
    correlation_id = models.TextField()
