"""How much the house wants to keep where, with every version of it."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import approvals.models.history
import audit.identity
import ledger.fields

_GUARD = "SELECT audit_guard_table('transfers_historicalliquiditylevel');"
_UNGUARD = "\n".join(
    f"DROP TRIGGER {guard} ON transfers_historicalliquiditylevel;" for guard in ("refuse_change", "refuse_truncate")
)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_event_table"),
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0026_new_bounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalLiquidityLevel",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                (
                    "account_code",
                    models.TextField(db_index=True, help_text="Ledger account of the wallet, its gas, or the nostro."),
                ),
                (
                    "funding",
                    models.TextField(
                        choices=[("pre_funded", "pre-funded"), ("just_in_time", "just in time"), ("hybrid", "hybrid")]
                    ),
                ),
                (
                    "minimum",
                    ledger.fields.MinorUnitsField(
                        help_text="Below it we are told; nothing of ours is moved away that would lead below it."
                    ),
                ),
                ("target", ledger.fields.MinorUnitsField(help_text="What it is brought back to.")),
                (
                    "maximum",
                    ledger.fields.MinorUnitsField(help_text="Above it we are told; empty: as much as there is.", null=True),
                ),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "asset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="ledger.asset",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical liquidity level",
                "verbose_name_plural": "historical liquidity levels",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LiquidityLevel",
            fields=[
                (
                    "account_code",
                    models.TextField(
                        help_text="Ledger account of the wallet, its gas, or the nostro.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "funding",
                    models.TextField(
                        choices=[("pre_funded", "pre-funded"), ("just_in_time", "just in time"), ("hybrid", "hybrid")]
                    ),
                ),
                (
                    "minimum",
                    ledger.fields.MinorUnitsField(
                        help_text="Below it we are told; nothing of ours is moved away that would lead below it."
                    ),
                ),
                ("target", ledger.fields.MinorUnitsField(help_text="What it is brought back to.")),
                (
                    "maximum",
                    ledger.fields.MinorUnitsField(help_text="Above it we are told; empty: as much as there is.", null=True),
                ),
                ("asset", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset")),
            ],
            options={
                "verbose_name": "liquidity level",
                "permissions": [("manage_liquidity", "Can ask for liquidity levels and for moves of our own money")],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minimum__gte", 0), ("target__gte", models.F("minimum"))),
                        name="transfers_liquidity_target_from_minimum",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("maximum", None), ("maximum__gte", models.F("target")), _connector="OR"),
                        name="transfers_liquidity_maximum_from_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("funding__in", ["pre_funded", "just_in_time", "hybrid"])),
                        name="transfers_liquidity_funding_is_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
        migrations.AddIndex(model_name="arrival", index=models.Index(fields=["block_number"], name="transfers_arrival_block")),
    ]
