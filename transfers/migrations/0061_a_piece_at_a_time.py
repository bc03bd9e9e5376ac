"""Sums that fell far behind are caught up piece by piece. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0060_counted_transitions")]
    operations = [
        migrations.RunSQL(
            (SQL / "0061_a_piece_at_a_time.sql").read_text(encoding="utf-8"),
            (SQL / "0061_a_piece_at_a_time_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
