"""What the database refuses of batches of payouts. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0035_payout_batches")]
    operations = [
        migrations.RunSQL(
            (SQL / "0036_payout_batch_guards.sql").read_text(), (SQL / "0036_payout_batch_guards_reverse.sql").read_text()
        )
    ]
