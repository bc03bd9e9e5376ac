"""Admitting a caller and accepting an order, each in one round trip. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0037_treasury_moves"),
        ("approvals", "0007_in_one_step"),
        ("audit", "0005_many_events"),
        ("ledger", "0014_holds_of_many"),
    ]
    operations = [
        migrations.RunSQL(
            (SQL / "0038_create_in_one_step.sql").read_text(), (SQL / "0038_create_in_one_step_reverse.sql").read_text()
        )
    ]
