"""What the proofs of the books against the audit trail need. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).parent / "sql"
REVERSE = """
DROP FUNCTION ledger_told_lines(jsonb);
DROP FUNCTION ledger_told_time(text);
DROP FUNCTION ledger_events_after(integer, bigint);
DROP INDEX ledger_hold_ended_at;
DROP INDEX ledger_hold_placed_at;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_archive")]
    operations = [
        migrations.RunSQL((SQL / "0011_proofs_of_the_trail.sql").read_text(), REVERSE),
        migrations.RemoveConstraint("proofrun", "ledger_proof_run_full_has_no_since"),
        migrations.AddConstraint(
            "proofrun",
            models.CheckConstraint(
                condition=Q(is_full=True, since=None) | Q(is_full=False), name="ledger_proof_run_full_goes_on_from_nothing"
            ),
        ),
    ]
