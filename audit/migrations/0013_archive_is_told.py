"""What the archive says of months is held against the trail. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0012_epoch_at_hand")]
    operations = [
        migrations.RunSQL((SQL / "0013_archive_is_told.sql").read_text(), (SQL / "0013_archive_is_told_reverse.sql").read_text())
    ]
