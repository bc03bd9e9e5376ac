"""Moves of our own money: their machine, what each is for, and wallets for cold storage and for the house."""

import django.db.models.deletion
from django.db import migrations, models

from transfers.machines.install import install, keep

_GUARD = "SELECT audit_guard_table('transfers_treasurymove');"
_UNGUARD = "\n".join(f"DROP TRIGGER {guard} ON transfers_treasurymove;" for guard in ("refuse_change", "refuse_truncate"))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_event_table"),
        ("transfers", "0036_payout_batch_guards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="wallet",
            name="purpose",
            field=models.TextField(choices=[("hot", "Hot"), ("settlement", "Settlement"), ("cold", "Cold"), ("house", "House")]),
        ),
        migrations.CreateModel(
            name="TreasuryMove",
            fields=[
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="treasury_move",
                        serialize=False,
                        to="transfers.transfer",
                    ),
                ),
                (
                    "purpose",
                    models.TextField(
                        choices=[("refill", "refill"), ("to_cold", "to cold storage"), ("fee_sweep", "sweep of fees")]
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "source",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="moves_out", to="transfers.wallet"),
                ),
                (
                    "target",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="moves_in", to="transfers.wallet"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="transfers_treasury_move_goes_elsewhere",
                    )
                ],
            },
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
        migrations.RunPython(install, keep),
    ]
