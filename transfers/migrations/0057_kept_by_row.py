"""What never changes of a transfer is held against the row instead of its JSON. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0056_looked_at_once")]
    operations = [
        migrations.RunSQL(
            (SQL / "0057_kept_by_row.sql").read_text(encoding="utf-8"),
            (SQL / "0057_kept_by_row_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
