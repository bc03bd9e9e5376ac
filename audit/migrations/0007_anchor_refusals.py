"""An anchor's refusal is told from its failure. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_archive")]

    operations = [
        migrations.RunSQL((SQL / "0007_anchor_refusals.sql").read_text(), (SQL / "0007_anchor_refusals_reverse.sql").read_text())
    ]
