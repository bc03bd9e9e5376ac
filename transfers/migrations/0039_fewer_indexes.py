"""Indexes that another one begins with, or that name a few values a million times, go: each cost every move of a transfer."""

import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0008_fewer_indexes"),
        ("ledger", "0014_holds_of_many"),
        ("transfers", "0038_create_in_one_step"),
    ]
    operations = [
        migrations.AlterField(
            model_name="idempotencykey",
            name="client",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="approvals.client"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="bulk",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=PROTECT, related_name="transfers", to="transfers.bulkorder"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="client",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="transfers", to="approvals.client"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="corridor",
            field=models.ForeignKey(db_index=False, null=True, on_delete=PROTECT, related_name="+", to="approvals.corridor"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="receiver",
            field=models.ForeignKey(
                db_index=False,
                help_text="The client that gets an internal transfer.",
                null=True,
                on_delete=PROTECT,
                related_name="incoming_transfers",
                to="approvals.client",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="source_asset",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="ledger.asset"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="target_asset",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="ledger.asset"),
        ),
    ]
