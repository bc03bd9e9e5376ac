"""Facts that an order is judged by can be remembered and named. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0009_limit_returns")]
    operations = [migrations.RunSQL((SQL / "0010_seen.sql").read_text(), (SQL / "0010_seen_reverse.sql").read_text())]
