"""Receivers of internal transfers get an event of their own. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0041_card_refunds")]
    operations = [migrations.RunSQL((SQL / "0042_payees.sql").read_text(), (SQL / "0042_payees_reverse.sql").read_text())]
