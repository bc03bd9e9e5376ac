"""Events that tell every time that the database gave a row. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0019_told_whole")]
    operations = [
        migrations.RunSQL((SQL / "0020_told_exactly.sql").read_text(), (SQL / "0020_told_exactly_reverse.sql").read_text())
    ]
