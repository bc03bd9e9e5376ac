"""Books whose first months are archived. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_corrections"), ("audit", "0006_archive")]
    operations = [
        migrations.RunSQL((SQL / "0010_archive.sql").read_text(), (SQL / "0010_archive_reverse.sql").read_text()),
    ]
