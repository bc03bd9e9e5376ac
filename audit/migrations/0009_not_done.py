"""What was refused or failed has an index of its own. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_vault")]
    operations = [migrations.RunSQL((SQL / "0009_not_done.sql").read_text(encoding="utf-8"), "DROP INDEX audit_event_not_done")]
