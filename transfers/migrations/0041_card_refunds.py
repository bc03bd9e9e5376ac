"""Refunds of card deposits: their machine, and which deposit a transfer refunds."""

import django.db.models.deletion
from django.db import migrations, models

from transfers.machines.install import install, keep

_GUARD = "SELECT audit_guard_table('transfers_cardrefund');"
_UNGUARD = "\n".join(f"DROP TRIGGER {guard} ON transfers_cardrefund;" for guard in ("refuse_change", "refuse_truncate"))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_event_table"),
        ("transfers", "0040_send_backs"),
    ]

    operations = [
        migrations.CreateModel(
            name="CardRefund",
            fields=[
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="card_refund",
                        serialize=False,
                        to="transfers.transfer",
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "deposit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="card_refunds", to="transfers.transfer"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
        migrations.RunPython(install, keep),
    ]
