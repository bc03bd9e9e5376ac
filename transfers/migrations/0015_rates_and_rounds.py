"""Reference rates, and rounds of quotes with every answer."""

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
    """The two sources of rates that the code can read."""
    source = apps.get_model("transfers", "RateSource")
    source.objects.create(code="feed", name="Rate feed", kind="feed", max_age_s=120, priority=10)
    # Published on working days: the longest silence of a year is Easter.
    source.objects.create(code="ecb", name="European Central Bank", kind="file", max_age_s=5 * 24 * 3600, priority=20)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0014_providers")]
    operations = [
        migrations.CreateModel(
            name="HistoricalRateSource",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("code", models.SlugField(max_length=40)),
                ("name", models.TextField()),
                ("kind", models.TextField(choices=[("feed", "Feed"), ("file", "File")])),
                ("max_age_s", models.PositiveIntegerField()),
                ("priority", models.PositiveSmallIntegerField(default=100)),
                ("active", models.BooleanField(default=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical rate source",
                "verbose_name_plural": "historical rate sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AlterField(
            model_name="quote",
            name="rate",
            field=models.DecimalField(
                decimal_places=18,
                help_text="Target major units for one source major unit, after the provider's fees.",
                max_digits=38,
            ),
        ),
        migrations.CreateModel(
            name="QuoteRound",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("source_amount", ledger.fields.MinorUnitsField()),
                (
                    "reference_rate",
                    models.DecimalField(decimal_places=18, help_text="For the direction that was asked.", max_digits=38),
                ),
                ("reference_at", models.DateTimeField(help_text="The oldest of the rates that it was made of.")),
                ("reference_from", models.TextField(help_text="Sources and pairs, in words.")),
                ("tolerance_bps", models.PositiveIntegerField()),
                ("budget_ms", models.PositiveIntegerField()),
                ("elapsed_ms", models.PositiveIntegerField()),
                ("correlation_id", models.TextField()),
                ("asked_at", models.DateTimeField()),
                (
                    "corridor",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="quote_rounds", to="transfers.transfer"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="quote",
            name="round",
            field=models.ForeignKey(
                help_text="Who else was asked.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quotes",
                to="transfers.quoteround",
            ),
        ),
        migrations.CreateModel(
            name="RateSource",
            fields=[
                ("code", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("kind", models.TextField(choices=[("feed", "Feed"), ("file", "File")])),
                ("max_age_s", models.PositiveIntegerField()),
                ("priority", models.PositiveSmallIntegerField(default=100)),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("max_age_s__gte", 1)), name="transfers_rate_source_has_a_limit")
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteAnswer",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("provider", models.TextField()),
                ("place", models.PositiveSmallIntegerField(help_text="1 is the best; the order on the page.")),
                (
                    "verdict",
                    models.TextField(
                        choices=[
                            ("chosen", "Chosen"),
                            ("usable", "good, but not the best"),
                            ("rejected", "not believed"),
                            ("refused", "does not deal in it"),
                            ("failed", "did not answer"),
                            ("late", "too slow"),
                            ("not_asked", "not asked"),
                        ]
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("provider_quote_id", models.TextField(blank=True, default="")),
                ("rate", models.DecimalField(decimal_places=18, help_text="As the provider named it.", max_digits=38, null=True)),
                ("source_fee", models.TextField(blank=True, default="", help_text="Major units, as the provider wrote it.")),
                ("target_fee", models.TextField(blank=True, default="")),
                ("effective_rate", models.DecimalField(decimal_places=18, help_text="After its fees.", max_digits=38, null=True)),
                ("target_amount", ledger.fields.MinorUnitsField(null=True)),
                (
                    "residual",
                    models.DecimalField(
                        decimal_places=18,
                        help_text="Part of a target minor unit that rounding down cut off.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "deviation_bps",
                    models.IntegerField(help_text="From the reference; positive is better for the client.", null=True),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                ("elapsed_ms", models.PositiveIntegerField(null=True)),
                ("raw", models.TextField(blank=True, default="", help_text="The answer as received.")),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="transfers.quoteround"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("round", "provider"), name="transfers_quote_answer_once_per_provider"),
                    models.UniqueConstraint(
                        condition=models.Q(("verdict", "chosen")), fields=("round",), name="transfers_quote_answer_one_chosen"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RateSheet",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("observed_at", models.DateTimeField(help_text="When the source says that they held.")),
                ("received_at", models.DateTimeField()),
                ("rates", models.JSONField()),
                ("raw", models.TextField(help_text="The text they were read from.")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sheets", to="transfers.ratesource"
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("source", "observed_at"), name="transfers_rate_sheet_once_per_moment")
                ],
            },
        ),
        migrations.RunSQL((SQL / "0015_rates_and_rounds.sql").read_text(), (SQL / "0015_rates_and_rounds_reverse.sql").read_text()),
        migrations.RunPython(_begin, migrations.RunPython.noop),
    ]
