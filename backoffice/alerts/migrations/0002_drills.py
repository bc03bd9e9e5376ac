"""The right to run drills. The permission hangs on alerts, since drills exist so that these are practised."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="alert",
            options={
                "permissions": [
                    ("acknowledge_alert", "Can acknowledge alerts"),
                    ("run_drill", "Can make the sandbox's outside misbehave"),
                ]
            },
        ),
    ]
