"""Version 2 of the off-ramp: a payout that was settled, or reconciled, may be sent back by the bank."""

from django.db import migrations

from transfers.machines.install import install, keep


class Migration(migrations.Migration):
    dependencies = [("transfers", "0023_webhook_permissions")]
    operations = [migrations.RunPython(install, keep)]
