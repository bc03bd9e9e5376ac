"""Receipts of single transfers do not wait for those of a file's lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transfers", "0074_fair_messages")]
    operations = [
        migrations.AddField(
            model_name="receiptorder",
            name="priority",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="The transfer's own: single ones pass files."
            ),
        ),
        migrations.RemoveIndex(model_name="receiptorder", name="transfers_receipt_due"),
        migrations.AddIndex(
            model_name="receiptorder",
            index=models.Index(
                fields=["priority", "next_try_at"], condition=models.Q(done_at=None), name="transfers_receipt_due_first"
            ),
        ),
    ]
