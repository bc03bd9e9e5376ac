"""The outbox beside the events, clients' addresses and what was delivered to them: see sql/0017_outbox.sql."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_versions_say_why"),
        ("transfers", "0016_operator_actions"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("type", models.TextField()),
                ("seq", models.PositiveIntegerField()),
                ("from_status", models.TextField()),
                ("to_status", models.TextField()),
                ("status_text", models.TextField()),
                ("correlation_id", models.TextField()),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("epoch", models.IntegerField()),
                ("txid", models.BigIntegerField()),
                ("body", models.BinaryField(null=True)),
                ("dispatched_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.client"
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transfers.transfer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.TextField(
                        choices=[("pending", "Pending"), ("delivered", "Delivered"), ("failed", "Failed"), ("missed", "Missed")]
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("last_error", models.TextField(blank=True, default="")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="transfers.outboxevent"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("duration_ms", models.PositiveIntegerField()),
                ("address", models.TextField(blank=True, default="", help_text="The one IP address that was connected to.")),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("answer", models.TextField(blank=True, default="")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="history", to="transfers.webhookdelivery"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("url", models.TextField()),
                ("events", models.JSONField()),
                ("status", models.TextField(choices=[("enabled", "Enabled"), ("disabled", "Disabled")], default="enabled")),
                (
                    "disabled_by",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("", "Nobody"),
                            ("client", "Client"),
                            ("operator", "Operator"),
                            ("failures", "Failures"),
                            ("gone", "Gone"),
                        ],
                        default="",
                    ),
                ),
                ("disabled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(help_text="Database time: events recorded from then on are sent.")),
                ("created_by", models.TextField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("paused_until", models.DateTimeField(null=True)),
                ("succeeded_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="webhook_endpoints", to="approvals.client"
                    ),
                ),
            ],
            options={
                "permissions": [("manage_webhooks", "Can add, change and replay clients' webhooks")],
            },
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="transfers.webhookendpoint",
            ),
        ),
        migrations.CreateModel(
            name="WebhookSecret",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("ciphertext", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="secrets", to="transfers.webhookendpoint"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(fields=["client", "epoch", "txid", "id"], name="transfers_outbox_by_client"),
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(fields=["transfer", "seq"], name="transfers_outbox_by_transfer"),
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(
                condition=models.Q(("dispatched_at", None)), fields=["epoch", "txid", "id"], name="transfers_outbox_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookattempt",
            constraint=models.UniqueConstraint(fields=("delivery", "number"), name="transfers_webhook_attempt_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("client", "url"), name="transfers_webhook_url_once_per_client"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["next_try_at"], name="transfers_webhook_due"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-created_at", "-id"], name="transfers_webhook_newest"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event"), name="transfers_webhook_delivery_once"),
        ),
        migrations.RunSQL((SQL / "0017_outbox.sql").read_text(), (SQL / "0017_outbox_reverse.sql").read_text()),
    ]
