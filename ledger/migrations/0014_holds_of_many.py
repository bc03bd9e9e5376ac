"""Holds of several business transactions may be placed in one call. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0013_quiet_summaries")]
    operations = [
        migrations.RunSQL((SQL / "0014_holds_of_many.sql").read_text(), (SQL / "0014_holds_of_many_reverse.sql").read_text())
    ]
