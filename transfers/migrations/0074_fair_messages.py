"""Messages are taken address by address: what is due of one, and how many are on their way to it, without reading the others'."""

from django.db import migrations, models

PENDING = models.Q(state="pending")


class Migration(migrations.Migration):
    dependencies = [("transfers", "0073_rebuilt_from_events")]
    operations = [
        migrations.RemoveIndex(model_name="webhookdelivery", name="transfers_webhook_due"),
        migrations.RemoveIndex(model_name="webhookdelivery", name="transfers_webhook_open"),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "next_try_at", "id"], condition=PENDING, name="transfers_webhook_next"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["endpoint"],
                condition=models.Q(state="pending", lease_until__isnull=False),
                name="transfers_webhook_in_hand",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["endpoint"], condition=models.Q(state__in=["failed", "missed"]), name="transfers_webhook_untaken"
            ),
        ),
    ]
