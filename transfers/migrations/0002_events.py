"""The partitioned table of transfer events and the one function that writes it: see sql/0002_events.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_initial"), ("audit", "0002_event_table")]
    operations = [
        migrations.RunSQL((SQL / "0002_events.sql").read_text(), (SQL / "0002_events_reverse.sql").read_text()),
    ]
