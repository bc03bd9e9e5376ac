"""An event is checked by the trigger that stamps it. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_many_planned_once")]
    operations = [
        migrations.RunSQL(
            (SQL / "0011_checks_with_the_stamp.sql").read_text(), (SQL / "0011_checks_with_the_stamp_reverse.sql").read_text()
        )
    ]
