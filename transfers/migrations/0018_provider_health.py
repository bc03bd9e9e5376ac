"""Breakers of providers, and the rolling window of what came of their calls."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql" / "0018_provider_health.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0017_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderState",
            fields=[
                (
                    "provider",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="health",
                        serialize=False,
                        to="transfers.provider",
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[("closed", "closed"), ("open", "open"), ("half_open", "half_open")], default="closed"
                    ),
                ),
                ("is_manual", models.BooleanField(default=False, help_text="Opened by hand: only by hand is it closed.")),
                ("reason", models.TextField(blank=True, default="")),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.TextField(blank=True, default="")),
                ("retry_at", models.DateTimeField(help_text="From when on one call may try.", null=True)),
                ("probe_until", models.DateTimeField(help_text="How long the call that tries has the place.", null=True)),
                (
                    "trips",
                    models.PositiveIntegerField(
                        default=0, help_text="Openings since it was last closed; each rests twice as long."
                    ),
                ),
                ("last_error", models.TextField(blank=True, default="")),
                ("last_error_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_manual", False), ("state", "open"), _connector="OR"),
                        name="transfers_provider_by_hand_is_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_manual", False), models.Q(("reason", ""), _negated=True), _connector="OR"),
                        name="transfers_provider_by_hand_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL.read_text(), "DROP TABLE transfers_provider_window"),
    ]
