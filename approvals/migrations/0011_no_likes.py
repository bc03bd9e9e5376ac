"""Indexes that Django makes for LIKE go from the tables that every transfer writes to. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0010_seen")]
    operations = [
        migrations.RunSQL(
            (SQL / "0011_no_likes.sql").read_text(encoding="utf-8"),
            (SQL / "0011_no_likes_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
