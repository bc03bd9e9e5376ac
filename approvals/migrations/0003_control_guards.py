"""Guards of policy, limits, halts and configuration history, and the row of the halt gate. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_request_guards")]

    operations = [migrations.RunSQL((SQL / "0003_control.sql").read_text(), (SQL / "0003_control_reverse.sql").read_text())]
