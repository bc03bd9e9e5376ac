"""Maker-checker: one mechanism for every sensitive action.

A request keeps the canonical bytes of what will be executed and their SHA-256. Votes bind to digest and revision. The database
refuses a vote by a maker, a second vote by the same person, a vote on other bytes, and a vote on a request that is no longer
pending.
"""

from django.db import models
from django.db.models import Q

from approvals.models.parties import Person
from audit.identity import new_id

# In place of a client's id: it concerns several, so only those see it who see every client.
SEVERAL_CLIENTS = "*"


class ApprovalRequest(models.Model):
    """One action waiting for, or decided by, people who did not make it."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True)
    action = models.TextField(help_text="Registered action, such as `transfer.release`.")
    subject_type = models.TextField()
    subject_id = models.TextField()
    client_id = models.TextField(
        blank=True, default="", help_text="For object scope: only who may see the client sees the request."
    )
    title = models.TextField(help_text="One sentence that says what is asked.")
    revision = models.PositiveIntegerField(default=1)
    payload = models.BinaryField(help_text="RFC 8785 canonical JSON: what is shown, signed and executed.")
    digest = models.BinaryField(max_length=32)
    quorum = models.PositiveSmallIntegerField()
    role = models.TextField()
    status = models.TextField(choices=Status.choices, default=Status.PENDING)
    policy_decision = models.ForeignKey("approvals.PolicyDecision", null=True, on_delete=models.PROTECT, related_name="requests")
    correlation_id = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    executed_at = models.DateTimeField(null=True)
    closing_reason = models.TextField(blank=True, default="", help_text="Why it ended without a vote deciding it.")

    class Meta:
        permissions = [("decide_request", "Can approve or reject requests")]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "subject_id"], condition=Q(status="pending"), name="approvals_request_one_pending_per_subject"
            ),
            models.UniqueConstraint(fields=["id", "revision", "digest"], name="approvals_request_vote_target"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="approvals_request_quorum_positive"),
        ]
        indexes = [
            models.Index(fields=["status", "expires_at"], name="approvals_request_queue"),
            models.Index(
                fields=["-decided_at", "-id"], condition=Q(decided_at__isnull=False), name="approvals_request_decided_last"
            ),
        ]


class RequestMaker(models.Model):
    """Everybody who made or edited the request, or controls the key that did. None of them may decide."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="makers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="approvals_request_maker_once")]


class Vote(models.Model):
    """One person's decision on exactly these bytes. Append-only."""

    class Decision(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="votes")
    revision = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="votes")
    operator = models.TextField(help_text="User name of the account used.")
    role = models.TextField(help_text="The role voted in.")
    role_held_since = models.DateTimeField(help_text="A role gained after the request was made does not count.")
    decision = models.TextField(choices=Decision.choices)
    reason = models.TextField(blank=True, default="")
    voted_at = models.DateTimeField()
    page_opened_at = models.DateTimeField(null=True, help_text="When the approver opened the page they decided on.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "person"], name="approvals_vote_once_per_person"),
            models.CheckConstraint(condition=~Q(decision="reject") | ~Q(reason=""), name="approvals_vote_rejection_has_reason"),
        ]
