"""Shares of what a file used of a limit come back line by line. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_fewer_indexes")]

    operations = [
        migrations.CreateModel(
            name="LimitReturn",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("share_id", models.TextField()),
                ("amount", ledger.fields.MinorUnitsField()),
                ("given_back_at", models.DateTimeField()),
                (
                    "use",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="approvals.limituse"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("use", "share_id"), name="approvals_limit_return_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="approvals_limit_return_positive"),
                ],
            },
        ),
        migrations.RunSQL((SQL / "0009_limit_returns.sql").read_text(), (SQL / "0009_limit_returns_reverse.sql").read_text()),
    ]
