"""Indexes that Django makes for LIKE go from the tables that every transfer writes to. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_holds_of_many")]
    operations = [
        migrations.RunSQL(
            (SQL / "0015_no_likes.sql").read_text(encoding="utf-8"),
            (SQL / "0015_no_likes_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
