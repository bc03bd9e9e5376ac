"""Card batches and disputes."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0027_liquidity_levels"),
    ]

    operations = [
        migrations.CreateModel(
            name="CardDispute",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("provider_id", models.TextField(unique=True)),
                ("amount", ledger.fields.MinorUnitsField()),
                ("fee", ledger.fields.MinorUnitsField()),
                ("status", models.TextField(choices=[("lost", "Lost"), ("won", "Won")], default="lost")),
                ("version", models.PositiveIntegerField(default=1)),
                ("opened_at", models.DateTimeField()),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="card_disputes", to="transfers.transfer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CardBatch",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(unique=True)),
                ("reference", models.CharField(max_length=26, unique=True)),
                ("net", ledger.fields.MinorUnitsField()),
                ("lines", models.JSONField()),
                ("status", models.TextField(choices=[("reported", "Reported"), ("paid", "Paid")], default="reported")),
                ("version", models.PositiveIntegerField(default=1)),
                ("reported_at", models.DateTimeField()),
                ("asset", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset")),
            ],
            options={
                "verbose_name_plural": "card batches",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("net__gt", 0)), name="transfers_card_batch_pays_something")
                ],
            },
        ),
    ]
