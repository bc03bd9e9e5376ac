"""Files of many orders, their parts, and the place of a transfer in one."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_more_destinations"),
        ("ledger", "0014_holds_of_many"),
        ("transfers", "0032_receipts"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkOrder",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=26, unique=True)),
                ("lines_digest", models.BinaryField(max_length=32)),
                ("line_count", models.PositiveIntegerField()),
                ("totals", models.JSONField(help_text="Per asset: lines, amount and fees in minor units, as text.")),
                ("client_reference", models.TextField(blank=True, default="")),
                (
                    "status",
                    models.TextField(
                        choices=[
                            ("awaiting_approval", "Awaiting Approval"),
                            ("in_progress", "In Progress"),
                            ("completed", "Completed"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="awaiting_approval",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("not_after", models.DateTimeField()),
                ("closing_reason", models.TextField(blank=True, default="")),
                ("correlation_id", models.TextField()),
                ("made_by", models.TextField()),
                ("made_by_type", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "permissions": [("create_bulk_order", "Can upload files of many orders")],
            },
        ),
        migrations.CreateModel(
            name="BulkPart",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("ordinal", models.PositiveIntegerField()),
                ("line_count", models.PositiveIntegerField()),
                ("amount", ledger.fields.MinorUnitsField(help_text="In the corridor's source asset.")),
                ("fees", ledger.fields.MinorUnitsField(help_text="At most, in the corridor's source asset.")),
                ("content", models.BinaryField()),
                ("digest", models.BinaryField(max_length=32)),
                ("hold_reference", models.TextField(unique=True)),
                (
                    "status",
                    models.TextField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("given_back", "Given Back")], default="waiting"
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="When it may next be tried; null while nothing is to be done.", null=True),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BulkUpload",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("format", models.TextField(choices=[("json", "Json"), ("csv", "Csv")])),
                ("file_name", models.TextField(blank=True, default="")),
                ("content", models.BinaryField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("uploaded_by", models.TextField()),
                ("uploaded_by_type", models.TextField()),
                ("uploaded_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="transfer",
            name="transfers_transfer_due",
        ),
        migrations.AddField(
            model_name="transfer",
            name="bulk_line",
            field=models.PositiveIntegerField(help_text="Of the file that ordered it.", null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="bulk_part",
            field=models.PositiveIntegerField(help_text="Ordinal of the part of the file that drew it up.", null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="priority",
            field=models.PositiveSmallIntegerField(default=0, help_text="1 for what came in a file: it lets single ones pass."),
        ),
        migrations.AddField(
            model_name="bulkorder",
            name="approval_request",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.approvalrequest"),
        ),
        migrations.AddField(
            model_name="bulkorder",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="bulk_orders", to="approvals.client"),
        ),
        migrations.AddField(
            model_name="bulkorder",
            name="idempotency_key",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="bulk_order", to="transfers.idempotencykey"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="bulk",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="transfers.bulkorder"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["priority", "due_at"], name="transfers_transfer_due_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("bulk__isnull", False)), fields=("bulk", "bulk_line"), name="transfers_transfer_one_per_line"
            ),
        ),
        migrations.AddField(
            model_name="bulkpart",
            name="corridor",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"),
        ),
        migrations.AddField(
            model_name="bulkpart",
            name="order",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="transfers.bulkorder"),
        ),
        migrations.AddField(
            model_name="bulkpart",
            name="policy_decision",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.policydecision"),
        ),
        migrations.AddField(
            model_name="bulkupload",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.client"),
        ),
        migrations.AddField(
            model_name="bulkorder",
            name="upload",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="order", to="transfers.bulkupload"
            ),
        ),
        migrations.AddIndex(
            model_name="bulkpart",
            index=models.Index(models.F("due_at"), condition=models.Q(("due_at__isnull", False)), name="transfers_bulk_part_due"),
        ),
        migrations.AddConstraint(
            model_name="bulkpart",
            constraint=models.UniqueConstraint(fields=("order", "ordinal"), name="transfers_bulk_part_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("fees__gte", 0), ("line_count__gt", 0)), name="transfers_bulk_part_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkpart",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("status", "waiting")),
                    models.Q(models.Q(("status", "waiting"), _negated=True), models.Q(("ended_at", None), _negated=True)),
                    _connector="OR",
                ),
                name="transfers_bulk_part_ends_once",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkorder",
            index=models.Index(fields=["client", "-created_at", "-id"], name="transfers_bulk_by_client"),
        ),
        migrations.AddIndex(
            model_name="bulkorder",
            index=models.Index(fields=["status", "created_at"], name="transfers_bulk_in_state"),
        ),
        migrations.AddConstraint(
            model_name="bulkorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("line_count__gt", 0), ("line_count__lte", 60000)), name="transfers_bulk_order_line_count_sane"
            ),
        ),
        migrations.RunSQL((SQL / "0033_bulk.sql").read_text(), (SQL / "0033_bulk_reverse.sql").read_text()),
    ]
