"""Copies the machines of transfers.states into the table that the transition trigger reads.

States is data and its released versions are never edited, so reading it here gives the same rows on every day; a new version adds
rows through a migration of its own that calls `fill` again.
"""

from django.db import migrations

from transfers.states import MACHINES


def fill(apps, schema_editor) -> None:
    machine_row = apps.get_model("transfers", "MachineRow")
    machine_row.objects.using(schema_editor.connection.alias).bulk_create(
        [
            machine_row(route=route.value, version=version, source=row.source.value, target=row.target.value, command=row.command)
            for (route, version), rows in MACHINES.items()
            for row in rows
        ],
        ignore_conflicts=True,
    )


def keep(apps, schema_editor) -> None:
    """Rows stay: they are append-only, and harmless without transfers."""


class Migration(migrations.Migration):
    dependencies = [("transfers", "0003_guards")]
    operations = [migrations.RunPython(fill, keep)]
