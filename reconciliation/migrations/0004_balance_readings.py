"""What the outside holds, each time it was read; append-only."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields

_GUARD = "SELECT audit_guard_table('reconciliation_balancereading');"
_UNGUARD = "\n".join(f"DROP TRIGGER {guard} ON reconciliation_balancereading;" for guard in ("refuse_change", "refuse_truncate"))


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_quiet_summaries"),
        ("reconciliation", "0003_ends"),
        ("audit", "0002_event_table"),
    ]

    operations = [
        migrations.CreateModel(
            name="BalanceReading",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("account_code", models.TextField(help_text="Ledger account that it is held against.")),
                ("kind", models.TextField(choices=[("chain", "Chain"), ("statement", "Statement")])),
                ("source", models.TextField(help_text="Who said it: the node, or the statement by its own name.")),
                ("amount", ledger.fields.MinorUnitsField(help_text="Signed: a bank account may be overdrawn.")),
                ("block_number", models.BigIntegerField(null=True)),
                ("block_hash", models.CharField(blank=True, default="", max_length=66)),
                ("as_of", models.DateTimeField(help_text="When it was so outside.")),
                ("read_at", models.DateTimeField(help_text="When we were told.")),
                ("raw", models.JSONField(default=dict, help_text="The parts that it is the sum of, as they were told.")),
                ("asset", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset")),
                (
                    "statement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="reconciliation.statement",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account_code", "-id"], name="reconciliation_reading_latest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "chain")),
                        fields=("account_code", "block_hash"),
                        name="reconciliation_reading_once_per_block",
                    ),
                    models.UniqueConstraint(fields=("account_code", "statement"), name="reconciliation_reading_once_per_statement"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("block_number__isnull", False),
                                ("kind", "chain"),
                                ("statement", None),
                                models.Q(("block_hash", ""), _negated=True),
                            ),
                            models.Q(("block_number", None), ("kind", "statement"), ("statement__isnull", False)),
                            _connector="OR",
                        ),
                        name="reconciliation_reading_has_a_place",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
    ]
