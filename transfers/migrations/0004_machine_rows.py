"""The rows of every machine, for the transition trigger."""

from django.db import migrations

from transfers.machines.install import install, keep


class Migration(migrations.Migration):
    dependencies = [("transfers", "0003_guards")]
    operations = [migrations.RunPython(install, keep)]
