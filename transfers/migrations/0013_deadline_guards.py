"""The new columns may change, the history of calendars may not, and transfers on their way get a deadline. The SQL is beside this
file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0012_deadlines"), ("audit", "0002_event_table")]
    operations = [
        migrations.RunSQL((SQL / "0013_deadline_guards.sql").read_text(), (SQL / "0013_deadline_guards_reverse.sql").read_text())
    ]
