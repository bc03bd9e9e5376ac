"""The check of new entries is put where it is missing; where it is, no posting waits for it. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0021_vouched_for")]
    operations = [
        migrations.RunSQL(
            (SQL / "0022_check_where_missing.sql").read_text(), (SQL / "0022_check_where_missing_reverse.sql").read_text()
        )
    ]
