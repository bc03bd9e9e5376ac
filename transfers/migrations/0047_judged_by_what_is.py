"""An order is accepted only if what it was judged by is still so. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0046_synthetic"), ("approvals", "0010_seen")]
    operations = [
        migrations.RunSQL(
            (SQL / "0047_judged_by_what_is.sql").read_text(), (SQL / "0047_judged_by_what_is_reverse.sql").read_text()
        )
    ]
