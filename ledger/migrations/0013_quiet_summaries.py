"""Indexes by transaction id that do not fill the server's log while a batch is booked. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_told_events")]

    operations = [
        migrations.RunSQL((SQL / "0013_quiet_summaries.sql").read_text(), (SQL / "0013_quiet_summaries_reverse.sql").read_text())
    ]
