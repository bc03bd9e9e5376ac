"""Accounts at banks name a provider that there is. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0066_second_node"), ("approvals", "0014_short_traces")]
    operations = [
        migrations.RunSQL(
            (SQL / "0067_banks_by_code.sql").read_text(encoding="utf-8"),
            (SQL / "0067_banks_by_code_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
