"""Transfers that nobody ordered: what only an order has may be empty, and stays needed on the routes that send money away."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import ledger.fields


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_versions_say_why"),
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0010_api_rate"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="transfer",
            name="transfers_transfer_debit_bound_covers_fee",
        ),
        migrations.AlterField(
            model_name="transfer",
            name="corridor",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="destination",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.destination"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="destination_details",
            field=models.JSONField(default=dict, help_text="The destination as it was when the transfer was made."),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="hold_reference",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="max_fee",
            field=ledger.fields.MinorUnitsField(default=0),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="max_total_debit",
            field=ledger.fields.MinorUnitsField(default=0),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="min_target_amount",
            field=ledger.fields.MinorUnitsField(default=0),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="not_after",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="policy_decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.policydecision"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="route",
            field=models.TextField(help_text="One of transfers.states.Route; the machine of that name must exist."),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_total_debit", 0),
                    (
                        "max_total_debit__gte",
                        django.db.models.expressions.CombinedExpression(models.F("source_amount"), "+", models.F("max_fee")),
                    ),
                    _connector="OR",
                ),
                name="transfers_transfer_debit_bound_covers_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("route__in", ["on_chain_withdrawal", "off_ramp"]), _negated=True),
                    models.Q(
                        models.Q(("destination_details", {}), _negated=True),
                        models.Q(("hold_reference", ""), _negated=True),
                        ("corridor__isnull", False),
                        ("destination__isnull", False),
                        ("max_total_debit__gt", 0),
                        ("min_target_amount__gt", 0),
                        ("not_after__isnull", False),
                        ("policy_decision__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="transfers_transfer_withdrawal_has_its_terms",
            ),
        ),
    ]
