"""The events that proofs look at, without a hold on the table of the trail. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_proofs_of_the_trail")]
    operations = [migrations.RunSQL((SQL / "0012_told_events.sql").read_text(), migrations.RunSQL.noop)]
