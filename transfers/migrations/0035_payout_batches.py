"""Payouts of one nostro and value date go to the bank as one message."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0034_manual_entries"),
    ]

    operations = [
        migrations.AddField(
            model_name="bankaccount",
            name="gather_s",
            field=models.PositiveIntegerField(
                default=0, help_text="Payouts are gathered for so many seconds and handed over as one message; 0: each by itself."
            ),
        ),
        migrations.CreateModel(
            name="PayoutBatch",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("message_id", models.CharField(max_length=26, unique=True)),
                ("value_date", models.DateField()),
                (
                    "status",
                    models.TextField(
                        choices=[
                            ("open", "Open"),
                            ("full", "Full"),
                            ("sent", "Sent"),
                            ("answered", "Answered"),
                            ("empty", "Empty"),
                        ],
                        default="open",
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(help_text="When its content was fixed; stands in the message.", null=True)),
                ("content", models.JSONField(help_text="The orders as they were handed over, in their order.", null=True)),
                ("count", models.PositiveIntegerField(null=True)),
                ("total", ledger.fields.MinorUnitsField(null=True)),
                ("answer", models.TextField(blank=True, default="", help_text="The bank's answer to the message, raw.")),
                ("verdicts", models.JSONField(default=dict, help_text="By end-to-end id: status, reason, the bank's reference.")),
                ("answered_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.BigIntegerField(default=0)),
                (
                    "bank_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="transfers.bankaccount"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="leg",
            name="batch",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="legs", to="transfers.payoutbatch"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("bank_account", "value_date"),
                name="transfers_payout_batch_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["sent", "answered"]), _negated=True),
                    models.Q(("content__isnull", False), ("count__gt", 0), ("sent_at__isnull", False), ("total__gt", 0)),
                    _connector="OR",
                ),
                name="transfers_payout_batch_sent_with_content",
            ),
        ),
    ]
