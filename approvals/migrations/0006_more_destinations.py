"""A destination may be another client's balance here. Names of choices only: nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_outlier_tolerance"),
    ]

    operations = [
        migrations.AlterField(
            model_name="destination",
            name="details",
            field=models.JSONField(help_text="Normalised: type, network and address, or iban/clabe, name, country, or client."),
        ),
        migrations.AlterField(
            model_name="destination",
            name="kind",
            field=models.TextField(
                choices=[
                    ("crypto_address", "Crypto Address"),
                    ("bank_account", "Bank Account"),
                    ("client_account", "Client Account"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="historicaldestination",
            name="details",
            field=models.JSONField(help_text="Normalised: type, network and address, or iban/clabe, name, country, or client."),
        ),
        migrations.AlterField(
            model_name="historicaldestination",
            name="kind",
            field=models.TextField(
                choices=[
                    ("crypto_address", "Crypto Address"),
                    ("bank_account", "Bank Account"),
                    ("client_account", "Client Account"),
                ]
            ),
        ),
    ]
