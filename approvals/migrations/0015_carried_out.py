"""Whether a request for approval stands behind a deed, as the proofs ask it. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0014_short_traces"), ("audit", "0014_the_trail_everywhere")]
    operations = [migrations.RunSQL((SQL / "0015_carried_out.sql").read_text(), (SQL / "0015_carried_out_reverse.sql").read_text())]
