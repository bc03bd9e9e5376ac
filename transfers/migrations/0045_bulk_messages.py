"""Files come as pain.001 too, and a message id is used once by its client."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("transfers", "0044_bulk_findings")]

    operations = [
        migrations.AlterField(
            model_name="bulkupload",
            name="format",
            field=models.TextField(choices=[("json", "Json"), ("csv", "Csv"), ("pain.001", "Pain001")]),
        ),
        migrations.AddField(
            model_name="bulkorder",
            name="message_id",
            field=models.TextField(blank=True, default="", help_text="By which the file names itself; a client uses it once."),
        ),
        migrations.AddConstraint(
            model_name="bulkorder",
            constraint=models.UniqueConstraint(
                fields=["client", "message_id"], condition=~Q(message_id=""), name="transfers_bulk_order_one_per_message"
            ),
        ),
    ]
