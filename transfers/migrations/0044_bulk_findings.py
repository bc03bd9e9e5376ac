"""What the check of an uploaded file came to is kept with it, and parts know which lines they hold."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transfers", "0043_card_provider")]

    operations = [
        migrations.AddField(model_name="bulkupload", name="findings", field=models.JSONField(default=dict)),
        migrations.AddField(
            model_name="bulkpart",
            name="first_line",
            field=models.PositiveIntegerField(help_text="The lowest number of its lines; null for old parts.", null=True),
        ),
        migrations.AddField(model_name="bulkpart", name="last_line", field=models.PositiveIntegerField(null=True)),
    ]
