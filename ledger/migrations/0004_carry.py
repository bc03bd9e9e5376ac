"""Balances carried forward, and the indexes by which statements find a month. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_proofs")]
    operations = [
        migrations.RunSQL((SQL / "0004_carry.sql").read_text(), (SQL / "0004_carry_reverse.sql").read_text()),
    ]
