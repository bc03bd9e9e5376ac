"""What is never deleted is looked for when it is named, and locked by nobody. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
FORWARD, BACK = "0056_looked_at_once.sql", "0056_looked_at_once_reverse.sql"


def _unlocked(model: str, name: str, to: str, **options: bool) -> migrations.AlterField:
    field = models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, **options
    )
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0055_one_statement_of_audit"), ("approvals", "0013_looked_at_once")]
    operations = [
        _unlocked("transfer", "source_asset", "ledger.asset"),
        _unlocked("transfer", "target_asset", "ledger.asset"),
        _unlocked("transfer", "policy_decision", "approvals.policydecision", null=True),
        _unlocked("outboxevent", "transfer", "transfers.transfer"),
        _unlocked("outboxevent", "client", "approvals.client"),
        migrations.RunSQL((SQL / FORWARD).read_text(), (SQL / BACK).read_text()),
    ]
