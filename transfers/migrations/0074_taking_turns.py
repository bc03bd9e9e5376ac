"""Messages are taken address by address, without reading those of others; messages and receipts of single transfers do not wait for
those of a file's lines."""

from django.db import migrations, models

PENDING, UNMADE = models.Q(state="pending"), models.Q(done_at=None)
PRIORITY = {"db_default": 0, "default": 0, "help_text": "The transfer's own: single ones pass files."}


class Migration(migrations.Migration):
    dependencies = [("transfers", "0073_rebuilt_from_events")]
    operations = [
        migrations.AddField("webhookdelivery", "priority", models.PositiveSmallIntegerField(**PRIORITY)),
        migrations.AddField("receiptorder", "priority", models.PositiveSmallIntegerField(**PRIORITY)),
        migrations.RemoveIndex("webhookdelivery", "transfers_webhook_due"),
        migrations.RemoveIndex("webhookdelivery", "transfers_webhook_open"),
        migrations.RemoveIndex("receiptorder", "transfers_receipt_due"),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(fields=["endpoint", "priority", "next_try_at", "id"], condition=PENDING, name="transfers_webhook_next"),
        ),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(
                fields=["endpoint"],
                condition=models.Q(state="pending", lease_until__isnull=False),
                name="transfers_webhook_in_hand",
            ),
        ),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(fields=["endpoint"], condition=models.Q(state__in=["failed", "missed"]), name="transfers_webhook_untaken"),
        ),
        migrations.AddIndex(
            "receiptorder",
            models.Index(fields=["priority", "next_try_at"], condition=UNMADE, name="transfers_receipt_due_first"),
        ),
    ]
