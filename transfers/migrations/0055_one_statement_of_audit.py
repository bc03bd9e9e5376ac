"""Accepting an order writes its audit events with that of its hold in one statement. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
FORWARD, BACK = "0055_one_statement_of_audit.sql", "0055_one_statement_of_audit_reverse.sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0054_deposit_sweeps"), ("ledger", "0016_one_hold")]
    operations = [migrations.RunSQL((SQL / FORWARD).read_text(), (SQL / BACK).read_text())]
