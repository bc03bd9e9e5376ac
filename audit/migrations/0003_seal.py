"""The sealed log over the trail: leaves, kept nodes, checkpoints, anchors and refusals. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def _sql(name: str) -> migrations.RunSQL:
    return migrations.RunSQL((SQL / f"{name}.sql").read_text(), (SQL / f"{name}_reverse.sql").read_text())


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event_table")]

    operations = [_sql("0003_epoch_order"), _sql("0003_seal"), _sql("0003_anchors")]
