"""Quotes that clients ask for over the API, and the one that a transfer names."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_outlier_tolerance"),
        ("transfers", "0019_in_flight"),
    ]

    operations = [
        migrations.AddField(
            model_name="quote",
            name="client",
            field=models.ForeignKey(
                help_text="Who asked for it over the API.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="approvals.client",
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="corridor",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.corridor"
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="named_quote",
            field=models.OneToOneField(
                help_text="The client's own quote that it names.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="transfers.quote",
            ),
        ),
    ]
