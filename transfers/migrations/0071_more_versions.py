"""Wallets, bank accounts, promotions and webhook addresses keep their versions. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import approvals.models.history
import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0014_the_trail_everywhere"),
        ("approvals", "0014_short_traces"),
        ("ledger", "0021_vouched_for"),
        ("transfers", "0070_deposits_taken_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalWallet",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("name", models.TextField()),
                ("network", models.TextField()),
                ("chain_id", models.BigIntegerField()),
                ("address", models.CharField(max_length=42)),
                (
                    "purpose",
                    models.TextField(choices=[("hot", "Hot"), ("settlement", "Settlement"), ("cold", "Cold"), ("house", "House")]),
                ),
                ("token_account_code", models.TextField(help_text="Ledger account of its tokens.")),
                (
                    "gas_account_code",
                    models.TextField(blank=True, default="", help_text="Ledger account of its gas asset, where it pays gas."),
                ),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical wallet",
                "verbose_name_plural": "historical wallets",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AlterModelOptions(
            name="webhookendpoint",
            options={
                "permissions": [
                    ("manage_webhooks", "Can add, switch and remove clients' webhooks and rotate their secrets"),
                    ("replay_webhooks", "Can send webhooks again"),
                ],
                "verbose_name": "webhook endpoint",
            },
        ),
        migrations.CreateModel(
            name="HistoricalBankAccount",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("name", models.TextField()),
                ("provider", models.TextField(help_text="Registered bank rail provider.")),
                ("iban", models.TextField(db_index=True)),
                ("bic", models.TextField()),
                ("holder", models.TextField()),
                ("account_code", models.TextField(help_text="Ledger account of the nostro.")),
                (
                    "gather_s",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Payouts are gathered for so many seconds and handed over as one message; 0: each by itself.",
                    ),
                ),
                (
                    "calendar_code",
                    models.TextField(
                        blank=True, default="", help_text="Calendar of the rail it pays over; empty: open at any time."
                    ),
                ),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "asset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="ledger.asset",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical bank account",
                "verbose_name_plural": "historical bank accounts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPromotion",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("title", models.TextField()),
                ("bps", models.PositiveIntegerField(help_text="Of what the client gets, in basis points.")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "asset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="ledger.asset",
                    ),
                ),
                (
                    "corridor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="approvals.corridor",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical promotion",
                "verbose_name_plural": "historical promotions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalWebhookEndpoint",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("id", models.UUIDField(db_index=True, default=audit.identity.new_id, editable=False)),
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
                ("created_by", models.TextField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="approvals.client",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical webhook endpoint",
                "verbose_name_plural": "historical webhook endpoints",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunSQL(
            (SQL / "0071_more_versions.sql").read_text(encoding="utf-8"),
            (SQL / "0071_more_versions_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
