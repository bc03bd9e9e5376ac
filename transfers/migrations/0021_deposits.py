"""Where clients may send money, and every arrival as the outside showed it."""

import django.db.models.deletion
from django.db import migrations, models

import audit.identity
import ledger.fields


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_outlier_tolerance"),
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0020_quotes_for_clients"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScanMark",
            fields=[
                ("network", models.TextField(primary_key=True, serialize=False)),
                ("block", models.BigIntegerField()),
                ("scanned_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DepositAddress",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.TextField(choices=[("crypto_address", "Crypto Address"), ("bank_reference", "Bank Reference")])),
                ("network", models.TextField(blank=True, default="")),
                ("value", models.TextField(help_text="The address, or the reference that the payer writes into the payment.")),
                ("from_block", models.BigIntegerField(help_text="First block in which it can have received anything.", null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "bank_account",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transfers.bankaccount"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deposit_addresses", to="approvals.client"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deposit addresses",
            },
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=26, unique=True)),
                ("rail", models.TextField()),
                ("identity", models.TextField(unique=True)),
                ("account_code", models.TextField(help_text="Ledger account of the wallet or nostro where it is.")),
                ("amount", ledger.fields.MinorUnitsField()),
                ("value_at", models.DateTimeField()),
                ("sender", models.JSONField(default=dict, help_text="Who sent it, as far as the outside says.")),
                (
                    "facts",
                    models.JSONField(
                        default=dict, help_text="Where it was seen: transaction, log and block, or statement entry and text."
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "status",
                    models.TextField(
                        choices=[("seen", "Seen"), ("credited", "Credited"), ("unallocated", "Unallocated"), ("gone", "Gone")],
                        default="seen",
                    ),
                ),
                ("block_number", models.BigIntegerField(help_text="Block in which it was credited.", null=True)),
                ("block_hash", models.CharField(blank=True, default="", max_length=66)),
                (
                    "credits",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often it was credited: again after a reorg took it back."
                    ),
                ),
                ("reason", models.TextField(blank=True, default="", help_text="Why nobody was credited, in words.")),
                ("version", models.PositiveIntegerField(default=1)),
                ("asset", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset")),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="arrival", to="transfers.transfer"
                    ),
                ),
                (
                    "address",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="transfers.depositaddress",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="depositaddress",
            constraint=models.UniqueConstraint(
                fields=("kind", "network", "value"), name="transfers_deposit_address_leads_to_one_client"
            ),
        ),
        migrations.AddConstraint(
            model_name="depositaddress",
            constraint=models.UniqueConstraint(
                fields=("client", "kind", "network", "bank_account"),
                name="transfers_deposit_address_once_per_client",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="depositaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("bank_account", None),
                        ("kind", "crypto_address"),
                        models.Q(("network", ""), _negated=True),
                        ("from_block__isnull", False),
                    ),
                    models.Q(("bank_account__isnull", False), ("kind", "bank_reference"), ("network", "")),
                    _connector="OR",
                ),
                name="transfers_deposit_address_is_on_a_rail",
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["status", "seen_at"], name="transfers_arrival_queue"),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="transfers_arrival_amount_positive"),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["credited"]), _negated=True), ("transfer__isnull", False), _connector="OR"
                ),
                name="transfers_arrival_is_credited_by_a_transfer",
            ),
        ),
    ]
