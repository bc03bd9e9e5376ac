"""Many events in one statement that is planned once per session. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_not_done")]
    operations = [
        migrations.RunSQL(
            (SQL / "0010_many_planned_once.sql").read_text(), (SQL / "0010_many_planned_once_reverse.sql").read_text()
        )
    ]
