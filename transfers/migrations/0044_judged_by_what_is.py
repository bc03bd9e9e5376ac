"""An order is accepted only if what it was judged by is still so. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0043_card_provider"), ("approvals", "0009_seen")]
    operations = [
        migrations.RunSQL(
            (SQL / "0044_judged_by_what_is.sql").read_text(), (SQL / "0044_judged_by_what_is_reverse.sql").read_text()
        )
    ]
