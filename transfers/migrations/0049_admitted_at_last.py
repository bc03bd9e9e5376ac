"""Who orders may be judged and counted by the statement that accepts the order. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0048_judged_by_what_is")]
    operations = [
        migrations.RunSQL((SQL / "0049_admitted_at_last.sql").read_text(), (SQL / "0049_admitted_at_last_reverse.sql").read_text())
    ]
