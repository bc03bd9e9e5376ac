"""What can no longer change on deposit addresses is added up once, so that looking for what to sweep reads what still may. The SQL
is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from ledger.fields import MinorUnitsField

SQL = Path(__file__).parent / "sql"
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("ledger", "0016_one_hold"), ("transfers", "0058_asked_by_nobody")]

    operations = [
        migrations.CreateModel(
            name="SettledHolding",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "address_id", "asset_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "address",
                    models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="transfers.depositaddress"),
                ),
                ("asset", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="ledger.asset")),
                ("proved", MinorUnitsField(default=0)),
                ("gone", MinorUnitsField(default=0)),
                ("since", models.DateTimeField(help_text="When the newest of the deposits was proved.", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        (F("proved") - F("gone")).desc(), condition=Q(proved__gt=F("gone")), name="transfers_holding_to_sweep"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="arrival",
            name="is_settled",
            field=models.BooleanField(
                db_default=False, default=False, help_text="It is in the sums of its address, and never changes again."
            ),
        ),
        migrations.AddField(
            model_name="depositsweep",
            name="is_settled",
            field=models.BooleanField(db_default=False, default=False, help_text="It is in the sums of its address."),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(
                condition=Q(is_settled=False, rail="evm"), fields=["address", "asset"], name="transfers_arrival_not_settled"
            ),
        ),
        migrations.AddIndex(model_name="depositsweep", index=models.Index(fields=["-begun_at"], name="transfers_sweep_begun")),
        migrations.AddIndex(
            model_name="depositsweep",
            index=models.Index(condition=Q(is_settled=False), fields=["address", "asset"], name="transfers_sweep_not_settled"),
        ),
        migrations.RunSQL(
            (SQL / "0059_settled_holdings.sql").read_text(encoding="utf-8"),
            (SQL / "0059_settled_holdings_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
