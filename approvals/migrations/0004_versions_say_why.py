"""Versions of configuration say why they were made, at any length, and in which conversation. Older ones say nothing of it."""

from django.db import migrations, models

from approvals.models import history

VERSIONS = ("historicalclient", "historicalcorridor", "historicaldestination", "historicallimit", "historicalpolicyrule")


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_control_guards")]

    operations = [
        *(migrations.AddField(name, "correlation_id", models.TextField(default=history.conversation)) for name in VERSIONS),
        *(migrations.AddField(name, "request_id", models.TextField(default=history.request)) for name in VERSIONS),
        *(migrations.AlterField(name, "history_change_reason", models.TextField(null=True)) for name in VERSIONS),
    ]
