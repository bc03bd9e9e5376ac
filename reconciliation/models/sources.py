"""Where outside evidence comes from, and the files it came in."""

from django.db import models

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Source(Versioned):
    """A bank account's statements or a wallet's chain history, and the ledger account it speaks about."""

    class Kind(models.TextChoices):
        BANK_STATEMENT = "bank_statement"
        CHAIN = "chain"
        CARDS = "cards"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    account_identification = models.TextField(
        blank=True, default="", help_text="IBAN or other account number; wallet address for a chain."
    )
    account_code = models.TextField(
        blank=True, default="", help_text="Ledger account it is held against; empty for a source that is only read."
    )
    network = models.TextField(blank=True, default="")
    start_block = models.BigIntegerField(null=True, help_text="First block that counts: the books were opened at its parent.")
    last_sequence = models.BigIntegerField(default=0, help_text="Highest number of the bank's own statements that was fetched.")
    active = models.BooleanField(default=True)

    history = versions(leaves_out=("last_sequence",))


class StatementFile(models.Model):
    """A file as received, raw, once per source and content. Of a refused one only file, line and reason are kept."""

    class Status(models.TextChoices):
        IMPORTED = "imported"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="files")
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    status = models.TextField(choices=Status.choices)
    refused_line = models.PositiveIntegerField(null=True)
    refused_reason = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict, help_text="What was read, in the shape of `import_statement --json`.")
    imported_by = models.TextField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "sha256"], name="reconciliation_file_once_per_source"),
        ]


class Statement(models.Model):
    """One account statement of a file. Balances are signed minor units; null where the file has none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    ordinal = models.PositiveIntegerField()
    identification = models.TextField()
    account = models.TextField()
    currency = models.TextField()
    opening = MinorUnitsField(null=True)
    closing = MinorUnitsField(null=True)
    balances_add_up = models.BooleanField(null=True)
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "ordinal"], name="reconciliation_statement_ordinal_once")]
