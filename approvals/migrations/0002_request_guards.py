"""Guards of maker-checker. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("audit", "0002_event_table")]

    operations = [migrations.RunSQL((SQL / "0002_requests.sql").read_text(), (SQL / "0002_requests_reverse.sql").read_text())]
