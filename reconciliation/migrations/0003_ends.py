"""A leg's payment, receipt and gas are each proved by one item; and an item's end is final and has what it speaks of."""

from pathlib import Path

from django.db import migrations, models

_SQL = (Path(__file__).parent / "sql" / "0003_ends.sql").read_text(encoding="utf-8")
_UNDO = """
DROP TRIGGER reconciliation_externalitem_end ON reconciliation_externalitem;
DROP FUNCTION reconciliation_check_end();
"""


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0002_guards")]
    operations = [
        migrations.AlterField(
            model_name="match", name="role", field=models.TextField(help_text="What it proves: payment, receipt or gas.")
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(fields=["leg_reference", "role"], name="reconciliation_match_proves_a_role_once"),
        ),
        migrations.RunSQL(_SQL, _UNDO),
    ]
