"""Snapshots as of a moment, kept with their hash. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_periods")]
    operations = [
        migrations.RunSQL((SQL / "0007_snapshots.sql").read_text(), (SQL / "0007_snapshots_reverse.sql").read_text()),
    ]
