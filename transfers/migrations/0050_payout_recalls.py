"""Payouts that are called back from the bank. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import audit.identity

SQL = Path(__file__).parent / "sql"
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_event_table"),
        ("approvals", "0010_seen"),
        ("transfers", "0049_admitted_at_last"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayoutRecall",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(help_text="By which the bank knows it.", max_length=26, unique=True)),
                ("reason_code", models.TextField(help_text="Of ISO 20022, why it is called back.")),
                ("reason", models.TextField()),
                (
                    "status",
                    models.TextField(
                        choices=[
                            ("ordered", "Ordered"),
                            ("asked", "Asked"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("unanswered", "Unanswered"),
                        ],
                        default="ordered",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("answer", models.TextField(blank=True, default="", help_text="The bank's code and words.")),
                (
                    "due_at",
                    models.DateTimeField(help_text="When the bank is next asked; null when nobody asks any more.", null=True),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                ("ordered_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField(help_text="From then on it counts as unanswered.")),
                (
                    "approval_request",
                    models.OneToOneField(on_delete=PROTECT, related_name="+", to="approvals.approvalrequest"),
                ),
                ("leg", models.ForeignKey(on_delete=PROTECT, related_name="+", to="transfers.leg")),
                ("transfer", models.ForeignKey(on_delete=PROTECT, related_name="payout_recalls", to="transfers.transfer")),
            ],
            options={
                "indexes": [models.Index(F("due_at"), condition=Q(due_at__isnull=False), name="transfers_recall_due")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(status__in=("ordered", "asked")), fields=("leg",), name="transfers_recall_one_open_per_leg"
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "0050_payout_recalls.sql").read_text(), (SQL / "0050_payout_recalls_reverse.sql").read_text()),
    ]
