"""Receipts and the orders to make them: see sql/0032_receipts.sql."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0031_chain_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptOrder",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="receipt_order",
                        serialize=False,
                        to="transfers.outboxevent",
                    ),
                ),
                ("says", models.TextField(choices=[("settled", "Settled"), ("undone", "Undone")])),
                ("ordered_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("last_error", models.TextField(blank=True, default="")),
                (
                    "transfer",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transfers.transfer"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("says", models.TextField(choices=[("settled", "Settled"), ("undone", "Undone")])),
                ("payload", models.BinaryField()),
                ("jws", models.TextField()),
                ("key_id", models.TextField()),
                ("issued_at", models.DateTimeField()),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="superseded_by", to="transfers.receipt"
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="transfers.transfer"
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipt", to="transfers.receiptorder"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="receiptorder",
            index=models.Index(condition=models.Q(("done_at", None)), fields=["next_try_at"], name="transfers_receipt_due"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("transfer", "number"), name="transfers_receipt_numbered_once"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number", 1), ("supersedes", None)),
                    models.Q(("number__gt", 1), ("supersedes__isnull", False)),
                    _connector="OR",
                ),
                name="transfers_receipt_after_the_first_supersedes",
            ),
        ),
        migrations.RunSQL((SQL / "0032_receipts.sql").read_text(), (SQL / "0032_receipts_reverse.sql").read_text()),
    ]
