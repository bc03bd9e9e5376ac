"""The set of a decision is looked at when the decision is written, and locked by nobody. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0012_decided_last")]
    operations = [
        migrations.AlterField(
            model_name="policydecision",
            name="set",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="approvals.policyset",
            ),
        ),
        migrations.RunSQL((SQL / "0013_looked_at_once.sql").read_text(), (SQL / "0013_looked_at_once_reverse.sql").read_text()),
    ]
