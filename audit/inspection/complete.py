"""Whether the trail tells everything: the rows of the floors above, counted beside their events."""

from django.db import connection

from audit import coverage
from audit.inspection.findings import Report

_MAY_READ = "SELECT bool_and(has_table_privilege(name, 'SELECT')) FROM unnest(%s::text[]) AS name"


def archive_is_told(report: Report) -> None:
    """What is said of archived months decides what is looked at: it is what the trail tells."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject, message FROM audit_archive_contradictions() UNION ALL"
            " SELECT subject, message FROM audit_kept_contradictions()"
        )
        for subject, message in cursor.fetchall():
            report.add("archive", subject, message)


def everything_is_told(report: Report) -> None:
    """A finding per row whose versions are not as many as its events. A role that may not read all tables is told so."""
    covered = [table for table, reason in coverage.tables().items() if reason is None]
    with connection.cursor() as cursor:
        cursor.execute(_MAY_READ, [covered])
        may_read = cursor.fetchone()[0]
    if not may_read:
        report.notes.append("whether every change has its event was not looked at: this role may not read all tables")
        return
    for gap in coverage.findings():
        report.add("complete", f"{gap.table} {gap.key}", f"{gap.versions} versions, {gap.events} events")
