"""One movement that the outside reports, whatever it was read from."""

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from audit.identity import new_id
from ledger.fields import MinorUnitsField
from reconciliation.models.chain import IndexedBlock
from reconciliation.models.sources import Source, Statement


class ExternalItem(models.Model):
    """A booked statement line, a token Transfer log of a wallet of ours, or the gas a transaction of ours cost.

    Facts are append-only; only `status` moves. `fingerprint` identifies it for ever, ordinal among equals included, so that a
    second reading is a no-op.
    """

    class Kind(models.TextChoices):
        BANK_LINE = "bank_line"
        TOKEN_TRANSFER = "token_transfer"  # noqa: S105 - a token of money
        GAS = "gas"
        CARD_LINE = "card_line"

    class Status(models.TextChoices):
        UNMATCHED = "unmatched"
        MATCHED = "matched"
        BREAK = "break"
        IGNORED = "ignored"

    class Direction(models.TextChoices):
        CREDIT = "credit"
        DEBIT = "debit"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="items")
    kind = models.TextField(choices=Kind.choices)
    fingerprint = models.CharField(max_length=64, unique=True)
    direction = models.TextField(choices=Direction.choices, help_text="As our account sees it: money in is a credit.")
    currency = models.TextField(help_text="Currency code of a statement line, asset id of a chain item.")
    amount = MinorUnitsField()
    value_date = models.DateField(null=True)
    booked_at = models.DateTimeField()
    counterparty = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    references = models.JSONField(
        default=dict, help_text="Kind to value: end_to_end_id, uetr, bank_reference, tx_hash, log_index ..."
    )
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="items")
    line = models.PositiveIntegerField(null=True, help_text="Line of the file where the entry starts.")
    block = models.ForeignKey(IndexedBlock, null=True, on_delete=models.PROTECT, related_name="items")
    status = models.TextField(choices=Status.choices, default=Status.UNMATCHED)
    imported_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["status", "booked_at"], name="reconciliation_item_queue"),
            models.Index(
                F("source"), KT("references__bank_reference"), condition=Q(kind="bank_line"), name="reconciliation_item_at_bank"
            ),
        ]
