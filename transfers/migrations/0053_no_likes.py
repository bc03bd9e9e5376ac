"""Indexes that Django makes for LIKE go from the tables that every transfer writes to. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0052_found_by_kind")]
    operations = [
        migrations.RunSQL(
            (SQL / "0053_no_likes.sql").read_text(encoding="utf-8"),
            (SQL / "0053_no_likes_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
