"""Facts that an order is judged by can be remembered and named. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_fewer_indexes")]
    operations = [migrations.RunSQL((SQL / "0009_seen.sql").read_text(), (SQL / "0009_seen_reverse.sql").read_text())]
