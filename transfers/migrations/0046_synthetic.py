"""Health checks by transfers of our own: which transfers they are, and how each ended."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0045_bulk_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="transfer",
            name="is_synthetic",
            field=models.BooleanField(
                db_default=False, default=False, help_text="A health check of our own: no client's business."
            ),
        ),
        migrations.CreateModel(
            name="SyntheticRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("route", models.TextField()),
                (
                    "result",
                    models.TextField(
                        choices=[("running", "Running"), ("passed", "Passed"), ("failed", "Failed"), ("skipped", "Skipped")],
                        default="running",
                    ),
                ),
                (
                    "detail",
                    models.TextField(blank=True, default="", help_text="Why it failed or was skipped, in words."),
                ),
                ("started_at", models.DateTimeField()),
                ("deadline_at", models.DateTimeField(help_text="When it should have ended: its limit as it was when it started.")),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="synthetic_run",
                        to="transfers.transfer",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["route", "-started_at"], name="transfers_synthetic_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("route",), name="transfers_synthetic_one_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("result", "running")),
                            models.Q(models.Q(("result", "running"), _negated=True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="transfers_synthetic_ends_with_a_result",
                    ),
                ],
            },
        ),
    ]
