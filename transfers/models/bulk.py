"""Files of many orders: the file as it came, the order that it is, and its parts, which are carried out one by one."""

import hashlib

from django.db import models
from django.db.models import F, Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField


class BulkUpload(models.Model):
    """A file as it was sent, byte for byte. It moves nothing: an order is made of it once, or never. Append-only.

    `findings` is what the check of a file that waits to be submitted came to; empty where it was ordered at once."""

    class Format(models.TextChoices):
        JSON = "json"
        CSV = "csv"
        PAIN001 = "pain.001"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="+")
    format = models.TextField(choices=Format.choices)
    file_name = models.TextField(blank=True, default="")
    content = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    uploaded_by = models.TextField()
    uploaded_by_type = models.TextField()
    uploaded_at = models.DateTimeField()
    findings = models.JSONField(default=dict)


class BulkOrder(models.Model):
    """Every line of a file as one order: one approval, one hold per part, and then a transfer per line.

    `lines_digest` names what the lines say, however the file was written: the same order sent again has the same. It never
    changes but for `status` and what goes with it, one `version` at a time, each told by an audit event.
    """

    class Status(models.TextChoices):
        AWAITING_APPROVAL = "awaiting_approval"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True)
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="bulk_orders")
    upload = models.OneToOneField(BulkUpload, on_delete=models.PROTECT, related_name="order")
    lines_digest = models.BinaryField(max_length=32)
    line_count = models.PositiveIntegerField()
    totals = models.JSONField(help_text="Per asset: lines, amount and fees in minor units, as text.")
    client_reference = models.TextField(blank=True, default="")
    message_id = models.TextField(blank=True, default="", help_text="By which the file names itself; a client uses it once.")
    status = models.TextField(choices=Status.choices, default=Status.AWAITING_APPROVAL)
    version = models.PositiveIntegerField(default=1)
    approval_request = models.ForeignKey("approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.OneToOneField(
        "transfers.IdempotencyKey", null=True, on_delete=models.PROTECT, related_name="bulk_order"
    )
    not_after = models.DateTimeField()
    closing_reason = models.TextField(blank=True, default="")
    correlation_id = models.TextField()
    made_by = models.TextField()
    made_by_type = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [("create_bulk_order", "Can upload files of many orders")]
        constraints = [
            models.CheckConstraint(
                condition=Q(line_count__gt=0, line_count__lte=60_000), name="transfers_bulk_order_line_count_sane"
            ),
            models.UniqueConstraint(
                fields=["client", "message_id"], condition=~Q(message_id=""), name="transfers_bulk_order_one_per_message"
            ),
        ]
        indexes = [
            models.Index(fields=["client", "-created_at", "-id"], name="transfers_bulk_by_client"),
            models.Index(fields=["status", "created_at"], name="transfers_bulk_in_state"),
        ]


class BulkPart(models.Model):
    """Lines of one corridor that are carried out together, in one database transaction. `content` are canonical bytes; their digest
    stands in what was approved. Until the part is `done`, `amount` and `fees` (at most) are on hold for it."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        GIVEN_BACK = "given_back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(BulkOrder, on_delete=models.PROTECT, related_name="parts")
    ordinal = models.PositiveIntegerField()
    corridor = models.ForeignKey("approvals.Corridor", on_delete=models.PROTECT, related_name="+")
    line_count = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField(null=True, help_text="The lowest number of its lines; null for old parts.")
    last_line = models.PositiveIntegerField(null=True)
    amount = MinorUnitsField(help_text="In the corridor's source asset.")
    fees = MinorUnitsField(help_text="At most, in the corridor's source asset.")
    content = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    hold_reference = models.TextField(unique=True)
    policy_decision = models.ForeignKey("approvals.PolicyDecision", on_delete=models.PROTECT, related_name="+")
    status = models.TextField(choices=Status.choices, default=Status.WAITING)
    due_at = models.DateTimeField(null=True, help_text="When it may next be tried; null while nothing is to be done.")
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="transfers_bulk_part_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, fees__gte=0, line_count__gt=0), name="transfers_bulk_part_positive"),
            models.CheckConstraint(
                condition=Q(status="waiting", ended_at=None) | (~Q(status="waiting") & ~Q(ended_at=None)),
                name="transfers_bulk_part_ends_once",
            ),
        ]
        indexes = [models.Index(F("due_at"), condition=Q(due_at__isnull=False), name="transfers_bulk_part_due")]

    def digest_now(self) -> str:
        """Of the bytes as they are stored at this moment, whatever the row says that it was."""
        return hashlib.sha256(bytes(self.content)).hexdigest()
