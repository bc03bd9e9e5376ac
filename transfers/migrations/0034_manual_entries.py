"""What desks by phone said: see transfers.commands.manual_entry."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_more_destinations"),
        ("transfers", "0033_bulk"),
    ]

    operations = [
        migrations.AlterField(
            model_name="quoteanswer",
            name="verdict",
            field=models.TextField(
                choices=[
                    ("chosen", "Chosen"),
                    ("usable", "good, but not the best"),
                    ("rejected", "not believed"),
                    ("refused", "does not deal in it"),
                    ("failed", "did not answer"),
                    ("late", "too slow"),
                    ("not_asked", "not asked"),
                    ("awaited", "called by phone"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="ManualEntry",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.TextField(choices=[("quote", "Quote"), ("deal", "Deal"), ("settlement", "Settlement")])),
                ("details", models.JSONField(help_text="Figures as decimal strings in major units, times as RFC 3339.")),
                ("evidence", models.TextField(help_text="Where it can be seen: file, message, recording.")),
                ("entered_at", models.DateTimeField()),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="transfers.provider"),
                ),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.approvalrequest"
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="manual_entries", to="transfers.transfer"
                    ),
                ),
            ],
            options={
                "permissions": [("enter_by_hand", "Can enter what a desk by phone said")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "quote"), _negated=True),
                        fields=("transfer", "kind"),
                        name="transfers_manual_entry_one_deal_and_settlement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("evidence", ""), _negated=True), name="transfers_manual_entry_has_evidence"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT audit_guard_table('transfers_manualentry')",
            "DROP TRIGGER refuse_change ON transfers_manualentry; DROP TRIGGER refuse_truncate ON transfers_manualentry",
        ),
    ]
