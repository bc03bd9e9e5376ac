"""Ids that cost next to nothing: PostgreSQL 18's own, or the same made by hand before it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_seal")]

    operations = [migrations.RunSQL((SQL / "0004_ids.sql").read_text(), (SQL / "0004_ids_reverse.sql").read_text())]
