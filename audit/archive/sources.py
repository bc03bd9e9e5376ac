"""Reading a table together with its archived months, for whoever may look into the archive: the owner's export and verification."""

from audit.archive.months import archived_months, partition_name
from audit.archive.registry import table
from audit.archive.steps import run


def everywhere(name: str) -> str:
    """SQL for a FROM clause: the table, and the archived months whose rows are still in schema archive. Roles that may not look
    into it get the table alone."""
    source = table(name)
    away = [found.month for found in archived_months(source) if found.action == "archived"]
    if not away or not run("SELECT has_schema_privilege('archive', 'USAGE')")[0][0]:
        return name
    archived = [f"archive.{partition_name(source, month)}" for month in away]
    # One that is gone is missing from the answer, which is how its rows are found missing.
    there = [relation for relation in archived if run("SELECT to_regclass(%s) IS NOT NULL", relation)[0][0]]
    return f"({' UNION ALL '.join(f'TABLE {relation}' for relation in [name, *there])})"
