"""What goes over the wire to providers is on record. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0064_watched_treasury_moves"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderExchange",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("call_key", models.TextField(blank=True, default="")),
                ("provider", models.TextField()),
                ("operation", models.TextField()),
                ("request", models.TextField()),
                ("response", models.TextField(blank=True, default="")),
                ("status", models.SmallIntegerField(help_text="HTTP status of the answer.", null=True)),
                (
                    "error",
                    models.TextField(blank=True, default="", help_text="Why there is no good answer; empty when there is one."),
                ),
                ("elapsed_ms", models.PositiveIntegerField(help_text="Of the first time.")),
                ("digest", models.BinaryField(help_text="What makes it different from the others of its day.")),
                ("times", models.PositiveIntegerField(default=1)),
                ("correlation_id", models.TextField(blank=True, default="")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "transfer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="exchanges",
                        to="transfers.transfer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("transfer__isnull", False)),
                        fields=["transfer", "first_at"],
                        name="transfers_exchange_story",
                    ),
                    models.Index(
                        condition=models.Q(("transfer__isnull", True), models.Q(("call_key", ""), _negated=True)),
                        fields=["call_key"],
                        name="transfers_exchange_batch",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("digest",), name="transfers_exchange_once")],
            },
        ),
        migrations.RunSQL(
            (SQL / "0065_exchanges.sql").read_text(encoding="utf-8"),
            (SQL / "0065_exchanges_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
