"""Months close in their order and keep their figures; what operators may ask for has its permissions."""

from pathlib import Path

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_run_proofs")]

    operations = [
        migrations.AlterModelOptions(
            "ledgertransaction", {"permissions": [("request_correction", "Can ask for corrections of the books")]}
        ),
        migrations.AlterModelOptions("period", {"permissions": [("close_period", "Can ask for a month to be closed or reopened")]}),
        migrations.AddField("period", "record", models.JSONField(default=dict, help_text="What it held when it was closed.")),
        migrations.AddIndex("ledgertransaction", BrinIndex(fields=["value_at"], name="ledger_transaction_value_time")),
        migrations.RunSQL((SQL / "0006_periods.sql").read_text(), (SQL / "0006_periods_reverse.sql").read_text()),
    ]
