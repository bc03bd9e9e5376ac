"""Version 2 of treasury moves, which are dropped, reorged and recalled like any payment; those in flight go on in version 1."""

from django.db import migrations

from transfers.machines.install import install, keep


class Migration(migrations.Migration):
    dependencies = [("transfers", "0063_batches_that_collect")]
    operations = [migrations.RunPython(install, keep)]
