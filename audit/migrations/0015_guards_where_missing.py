"""Guards are put back where they are missing; where they are whole, no writer waits for it. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0014_the_trail_everywhere")]
    operations = [
        migrations.RunSQL(
            (SQL / "0015_guards_where_missing.sql").read_text(), (SQL / "0015_guards_where_missing_reverse.sql").read_text()
        )
    ]
