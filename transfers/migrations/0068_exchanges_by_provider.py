"""What was said to one provider for no transfer is found by its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transfers", "0067_banks_by_code")]
    operations = [
        migrations.AddIndex(
            model_name="providerexchange",
            index=models.Index(
                condition=models.Q(("transfer__isnull", True)), fields=["provider", "first_at"], name="transfers_exchange_provider"
            ),
        )
    ]
