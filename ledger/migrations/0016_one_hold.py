"""One new hold takes the straight way, its audit event in one statement with its caller's. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0015_no_likes"), ("audit", "0010_many_planned_once")]
    operations = [migrations.RunSQL((SQL / "0016_one_hold.sql").read_text(), (SQL / "0016_one_hold_reverse.sql").read_text())]
