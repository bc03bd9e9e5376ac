"""Many events in one statement. SQL beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_new_ids")]

    operations = [migrations.RunSQL((SQL / "0005_many.sql").read_text(), "DROP FUNCTION audit_record_all(jsonb, jsonb[]);")]
