"""Events of moves in sets keep what they wrote of each transfer, as those of single moves do. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0072_desk_payments")]
    operations = [
        migrations.RunSQL(
            (SQL / "0073_rebuilt_from_events.sql").read_text(encoding="utf-8"),
            (SQL / "0073_rebuilt_from_events_reverse.sql").read_text(encoding="utf-8"),
        )
    ]
