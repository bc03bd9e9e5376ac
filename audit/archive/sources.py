"""Reading the trail together with its archived months, for whoever may look into the archive: the owner's export and
verification."""

from audit.archive.steps import run


def everywhere() -> str:
    """SQL for a FROM clause: the events that are attached, by the name under which everybody reads them, and those in schema
    archive. Roles that may not look into it get the first alone."""
    if not run("SELECT has_schema_privilege('archive', 'USAGE')")[0][0]:
        return "audit_event"
    return "(TABLE audit_event UNION ALL TABLE archive.audit_event)"
