"""Unallocated money that goes back: its machines, which arrival a transfer sends back, and where people state that it belongs."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields
from transfers.machines.install import install, keep

_TABLES = ("transfers_sendback", "transfers_statedaddress")
_GUARD = "\n".join(f"SELECT audit_guard_table('{table}');" for table in _TABLES)
_UNGUARD = "\n".join(f"DROP TRIGGER {guard} ON {table};" for table in _TABLES for guard in ("refuse_change", "refuse_truncate"))


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_more_destinations"),
        ("audit", "0002_event_table"),
        ("transfers", "0039_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="arrival",
            name="status",
            field=models.TextField(
                choices=[
                    ("seen", "Seen"),
                    ("credited", "Credited"),
                    ("unallocated", "Unallocated"),
                    ("gone", "Gone"),
                    ("returning", "Returning"),
                    ("returned", "Returned"),
                ],
                default="seen",
            ),
        ),
        migrations.CreateModel(
            name="SendBack",
            fields=[
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="send_back",
                        serialize=False,
                        to="transfers.transfer",
                    ),
                ),
                ("evidence", models.JSONField(help_text="Who said what about where it belongs: a list of `person` and `says`.")),
                (
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="send_backs", to="transfers.arrival"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StatedAddress",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("address", models.TextField()),
                ("evidence", models.TextField()),
                (
                    "fee",
                    ledger.fields.MinorUnitsField(
                        default=0, help_text="What we keep of it, in minor units of the arrival's asset."
                    ),
                ),
                ("stated_at", models.DateTimeField()),
                (
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stated_addresses", to="transfers.arrival"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.person"),
                ),
            ],
            options={"verbose_name_plural": "stated addresses"},
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
        migrations.RunPython(install, keep),
    ]
