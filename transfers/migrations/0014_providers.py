"""Providers, and the corridors and amounts they deal in."""

from pathlib import Path

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import approvals.models.history
import audit.identity
import ledger.fields

SQL = Path(__file__).parent / "sql"


def _begin(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The counterparts that every installation has."""
    provider = apps.get_model("transfers", "Provider")
    for code, name, kind in (
        ("desk", "Liquidity desk", "desk"),
        ("node", "Network node", "chain"),
        ("signer", "Signer", "signer"),
        ("bank", "Bank", "bank"),
    ):
        provider.objects.create(code=code, name=name, kind=kind)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0005_outlier_tolerance"), ("transfers", "0013_deadline_guards")]
    operations = [
        migrations.CreateModel(
            name="HistoricalProvider",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("name", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("desk", "Liquidity desk"),
                            ("manual", "Desk by phone"),
                            ("chain", "Node"),
                            ("signer", "Signer"),
                            ("bank", "Bank"),
                            ("psp", "Card processor"),
                        ]
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("calls_per_minute", models.PositiveIntegerField(default=0)),
                ("calls_at_once", models.PositiveIntegerField(default=20)),
                ("breaker_calls", models.PositiveIntegerField(default=5)),
                ("breaker_percent", models.PositiveSmallIntegerField(default=50)),
                ("breaker_window_s", models.PositiveIntegerField(default=60)),
                ("breaker_rest_s", models.PositiveIntegerField(default=30)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical provider",
                "verbose_name_plural": "historical providers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("code", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("desk", "Liquidity desk"),
                            ("manual", "Desk by phone"),
                            ("chain", "Node"),
                            ("signer", "Signer"),
                            ("bank", "Bank"),
                            ("psp", "Card processor"),
                        ]
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("calls_per_minute", models.PositiveIntegerField(default=0)),
                ("calls_at_once", models.PositiveIntegerField(default=20)),
                ("breaker_calls", models.PositiveIntegerField(default=5)),
                ("breaker_percent", models.PositiveSmallIntegerField(default=50)),
                ("breaker_window_s", models.PositiveIntegerField(default=60)),
                ("breaker_rest_s", models.PositiveIntegerField(default=30)),
            ],
            options={
                "permissions": [
                    ("open_breaker", "Can take a provider out of use"),
                    ("close_breaker", "Can put a provider back into use"),
                ],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("breaker_calls__gte", 1),
                            ("breaker_percent__gte", 1),
                            ("breaker_percent__lte", 100),
                            ("breaker_rest_s__gte", 1),
                            ("breaker_window_s__gte", 1),
                            ("calls_at_once__gte", 1),
                        ),
                        name="transfers_provider_breaker_sane",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalProviderTerms",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("id", models.UUIDField(db_index=True, default=audit.identity.new_id, editable=False)),
                ("min_amount", ledger.fields.MinorUnitsField(default=0, help_text="Of the source asset.")),
                ("max_amount", ledger.fields.MinorUnitsField(help_text="Of the source asset; empty: no upper end.", null=True)),
                ("active", models.BooleanField(default=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "corridor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="approvals.corridor",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transfers.provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical provider terms",
                "verbose_name_plural": "historical provider termss",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ProviderTerms",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("min_amount", ledger.fields.MinorUnitsField(default=0, help_text="Of the source asset.")),
                ("max_amount", ledger.fields.MinorUnitsField(help_text="Of the source asset; empty: no upper end.", null=True)),
                ("active", models.BooleanField(default=True)),
                (
                    "corridor",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"),
                ),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="terms", to="transfers.provider"),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "corridor"), name="transfers_provider_terms_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("min_amount__gte", 0),
                            models.Q(("max_amount", None), ("max_amount__gte", models.F("min_amount")), _connector="OR"),
                        ),
                        name="transfers_provider_terms_band_in_order",
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "0014_providers.sql").read_text(), (SQL / "0014_providers_reverse.sql").read_text()),
        migrations.RunPython(_begin, migrations.RunPython.noop),
    ]
