"""Sweeping deposit addresses: the machine, and which address a transfer empties. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from transfers.machines.install import install, keep

SQL = Path(__file__).parent / "sql"
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_event_table"),
        ("transfers", "0053_no_likes"),
    ]

    operations = [
        migrations.CreateModel(
            name="DepositSweep",
            fields=[
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=PROTECT, primary_key=True, related_name="sweep", serialize=False, to="transfers.transfer"
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "by_hand",
                    models.BooleanField(
                        default=False, help_text="Somebody asked for it: then no minimum counts, and no price of gas."
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("address", models.ForeignKey(on_delete=PROTECT, related_name="sweeps", to="transfers.depositaddress")),
                ("asset", models.ForeignKey(on_delete=PROTECT, related_name="+", to="ledger.asset")),
                ("wallet", models.ForeignKey(on_delete=PROTECT, related_name="sweeps_in", to="transfers.wallet")),
            ],
            options={
                "indexes": [models.Index(fields=["address", "asset", "-begun_at"], name="transfers_sweep_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ended_at__isnull=True), fields=("address", "asset"), name="transfers_sweep_one_open_per_address"
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "0054_deposit_sweeps.sql").read_text(), (SQL / "0054_deposit_sweeps_reverse.sql").read_text()),
        migrations.RunPython(install, keep),
    ]
