"""Asking for another reading of a bank's calendar is a permission of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("transfers", "0068_exchanges_by_provider")]

    operations = [
        migrations.AlterModelOptions(
            name="bankcalendar",
            options={
                "permissions": [("manage_calendar", "Can ask for changes of a bank's calendar")],
                "verbose_name": "bank calendar",
            },
        ),
    ]
