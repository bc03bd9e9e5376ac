"""Copies the machines into the table that the transition trigger reads. Each new route or version has a migration that calls it."""

from typing import Any

from transfers.machines import MACHINES


def install(apps: Any, schema_editor: Any) -> None:
    """Insert the rows that the database lacks. Released versions are never edited, so this gives the same rows on every day."""
    machine_row = apps.get_model("transfers", "MachineRow")
    machine_row.objects.using(schema_editor.connection.alias).bulk_create(
        [
            machine_row(route=route.value, version=version, source=row.source.value, target=row.target.value, command=row.command)
            for (route, version), rows in MACHINES.items()
            for row in rows
        ],
        ignore_conflicts=True,
    )


def keep(apps: Any, schema_editor: Any) -> None:
    """The way back: rows stay. They are append-only, and harmless without transfers."""
