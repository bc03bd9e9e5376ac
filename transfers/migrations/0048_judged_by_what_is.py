"""An order is accepted only if what it was judged by is still so. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0047_open_promises"), ("approvals", "0010_seen")]
    operations = [
        migrations.RunSQL(
            (SQL / "0048_judged_by_what_is.sql").read_text(), (SQL / "0048_judged_by_what_is_reverse.sql").read_text()
        )
    ]
