"""A correction counts with its original or after it; what stands corrected in one way is not corrected in the other."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_sets")]

    operations = [
        migrations.RunSQL((SQL / "0009_corrections.sql").read_text(), (SQL / "0009_corrections_reverse.sql").read_text()),
    ]
