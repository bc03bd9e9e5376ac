"""Transfers within our own books: between two clients, and a client's conversions with their spread, rounding and cashback."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import ledger.fields
from transfers.machines.install import install, keep

SQL = Path(__file__).parent / "sql"
APPEND_ONLY = ["transfers_conversionsplit", "transfers_promotion", "transfers_cashback"]
GUARDS = [f"SELECT audit_guard_table('{table}');" for table in APPEND_ONLY] + [
    "SELECT audit_guard_table('transfers_conversionterms', true);"
]


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_more_destinations"),
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0024_payouts_come_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cashback",
            fields=[
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="cashback",
                        serialize=False,
                        to="transfers.transfer",
                    ),
                ),
                ("amount", ledger.fields.MinorUnitsField()),
                ("paid_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ConversionSplit",
            fields=[
                (
                    "quote",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="split",
                        serialize=False,
                        to="transfers.quote",
                    ),
                ),
                (
                    "market_rate",
                    models.DecimalField(
                        decimal_places=18, help_text="Before our spread; the quote's own rate is after it.", max_digits=38
                    ),
                ),
                ("spread_bps", models.PositiveIntegerField()),
                ("market_amount", ledger.fields.MinorUnitsField()),
                ("client_amount", ledger.fields.MinorUnitsField()),
                ("spread_amount", ledger.fields.MinorUnitsField()),
                ("rounding_amount", ledger.fields.MinorUnitsField()),
            ],
        ),
        migrations.CreateModel(
            name="ConversionTerms",
            fields=[
                (
                    "corridor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="approvals.corridor",
                    ),
                ),
                ("spread_bps", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Promotion",
            fields=[
                ("code", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("title", models.TextField()),
                ("bps", models.PositiveIntegerField(help_text="Of what the client gets, in basis points.")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="transfer",
            name="receiver",
            field=models.ForeignKey(
                help_text="The client that gets an internal transfer.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incoming_transfers",
                to="approvals.client",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("receiver__isnull", False)),
                fields=["receiver", "-created_at", "-id"],
                name="transfers_transfer_received",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("route__in", ["conversion", "internal_transfer"]), _negated=True),
                    models.Q(
                        ("corridor__isnull", False),
                        ("max_total_debit__gt", 0),
                        ("min_target_amount__gt", 0),
                        ("not_after__isnull", False),
                        ("policy_decision__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="transfers_transfer_order_has_its_terms",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("destination__isnull", False),
                        ("receiver__isnull", False),
                        ("route", "internal_transfer"),
                        models.Q(("receiver", models.F("client")), _negated=True),
                    ),
                    models.Q(models.Q(("route", "internal_transfer"), _negated=True), ("receiver__isnull", True)),
                    _connector="OR",
                ),
                name="transfers_transfer_internal_has_a_receiver",
            ),
        ),
        migrations.AddField(
            model_name="cashback",
            name="asset",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset"),
        ),
        migrations.AddConstraint(
            model_name="conversionsplit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "market_amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("client_amount"), "+", models.F("spread_amount")
                            ),
                            "+",
                            models.F("rounding_amount"),
                        ),
                    ),
                    ("client_amount__gte", 0),
                    ("rounding_amount__gte", 0),
                    ("spread_amount__gte", 0),
                ),
                name="transfers_conversion_split_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversionterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("spread_bps__lt", 10000)), name="transfers_conversion_terms_spread_sane"
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="asset",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset"),
        ),
        migrations.AddField(
            model_name="promotion",
            name="corridor",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"),
        ),
        migrations.AddField(
            model_name="cashback",
            name="promotion",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transfers.promotion"),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("bps__gt", 0), ("bps__lte", 10000), ("ends_at__gt", models.F("starts_at"))),
                name="transfers_promotion_sane",
            ),
        ),
        migrations.RunSQL("\n".join(GUARDS), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "0025_sets.sql").read_text(), (SQL / "0025_sets_reverse.sql").read_text()),
        migrations.RunPython(install, keep),
    ]
