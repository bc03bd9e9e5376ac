"""The epoch in force stands in its function instead of being looked up. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0011_checks_with_the_stamp")]
    operations = [
        migrations.RunSQL((SQL / "0012_epoch_at_hand.sql").read_text(), (SQL / "0012_epoch_at_hand_reverse.sql").read_text())
    ]
