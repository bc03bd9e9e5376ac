"""What the outside says that a wallet or bank account holds, each time it was read."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField


class BalanceReading(models.Model):
    """One figure of the outside, for one account of ours, at one place in time: after a block, or at the end of a statement.
    Append-only; a block or a statement is read once."""

    class Kind(models.TextChoices):
        CHAIN = "chain"
        STATEMENT = "statement"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account_code = models.TextField(help_text="Ledger account that it is held against.")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    kind = models.TextField(choices=Kind.choices)
    source = models.TextField(help_text="Who said it: the node, or the statement by its own name.")
    amount = MinorUnitsField(help_text="Signed: a bank account may be overdrawn.")
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True, default="")
    statement = models.ForeignKey("reconciliation.Statement", null=True, on_delete=models.PROTECT, related_name="readings")
    as_of = models.DateTimeField(help_text="When it was so outside.")
    read_at = models.DateTimeField(help_text="When we were told.")
    raw = models.JSONField(default=dict, help_text="The parts that it is the sum of, as they were told.")

    class Meta:
        indexes = [models.Index(fields=["account_code", "-id"], name="reconciliation_reading_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["account_code", "block_hash"], condition=Q(kind="chain"), name="reconciliation_reading_once_per_block"
            ),
            models.UniqueConstraint(fields=["account_code", "statement"], name="reconciliation_reading_once_per_statement"),
            models.CheckConstraint(
                condition=Q(kind="chain", block_number__isnull=False, statement=None) & ~Q(block_hash="")
                | Q(kind="statement", statement__isnull=False, block_number=None),
                name="reconciliation_reading_has_a_place",
            ),
        ]
