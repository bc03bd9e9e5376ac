"""Sources of evidence keep their versions. The SQL is beside this file."""

from pathlib import Path

import simple_history.models
from django.db import migrations, models

import approvals.models.history
import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0013_archive_is_told"),
        ("reconciliation", "0006_each_dispute_by_itself"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("name", models.TextField()),
                ("kind", models.TextField(choices=[("bank_statement", "Bank Statement"), ("chain", "Chain"), ("cards", "Cards")])),
                (
                    "account_identification",
                    models.TextField(blank=True, default="", help_text="IBAN or other account number; wallet address for a chain."),
                ),
                (
                    "account_code",
                    models.TextField(
                        blank=True, default="", help_text="Ledger account it is held against; empty for a source that is only read."
                    ),
                ),
                ("network", models.TextField(blank=True, default="")),
                (
                    "start_block",
                    models.BigIntegerField(help_text="First block that counts: the books were opened at its parent.", null=True),
                ),
                ("active", models.BooleanField(default=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunSQL(
            (SQL / "0007_more_versions.sql").read_text(encoding="utf-8"),
            (SQL / "0007_more_versions_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
