"""Settlement reports of a card provider are evidence too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0004_balance_readings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="externalitem",
            name="kind",
            field=models.TextField(
                choices=[
                    ("bank_line", "Bank Line"),
                    ("token_transfer", "Token Transfer"),
                    ("gas", "Gas"),
                    ("card_line", "Card Line"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="kind",
            field=models.TextField(choices=[("bank_statement", "Bank Statement"), ("chain", "Chain"), ("cards", "Cards")]),
        ),
    ]
