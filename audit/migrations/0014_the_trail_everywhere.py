"""What of the trail is archived stays at hand for proofs, and a month that is dropped leaves what vouches for rows that stay.
The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0013_archive_is_told")]
    operations = [
        migrations.RunSQL(
            (SQL / "0014_the_trail_everywhere.sql").read_text(), (SQL / "0014_the_trail_everywhere_reverse.sql").read_text()
        )
    ]
