"""Months that leave their table and may come back. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_many_events")]

    operations = [migrations.RunSQL((SQL / "0006_archive.sql").read_text(), (SQL / "0006_archive_reverse.sql").read_text())]
