"""Proofs read the trail with its archived months, and postings have a digest per month. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0020_told_exactly"), ("audit", "0014_the_trail_everywhere")]
    operations = [migrations.RunSQL((SQL / "0021_vouched_for.sql").read_text(), (SQL / "0021_vouched_for_reverse.sql").read_text())]
