"""The audit events of one call are recorded by one statement. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0016_one_hold"), ("audit", "0012_epoch_at_hand")]
    operations = [
        migrations.RunSQL((SQL / "0017_events_together.sql").read_text(), (SQL / "0017_events_together_reverse.sql").read_text())
    ]
