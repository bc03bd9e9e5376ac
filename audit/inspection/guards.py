"""The guards of the trail and of its seal: there, whole and switched on; and every definition as it was last released."""

from typing import Any

from django.db import connection

from audit import definitions
from audit.inspection.findings import Report

# Tables whose history is kept, and whether some of their columns may change.
GUARDED = {
    "audit_event": False,
    "audit_cluster_epoch": False,
    "audit_leaf": False,
    "audit_node": False,
    "audit_checkpoint": False,
    "audit_anchor_delivery": False,
    "audit_seal_refusal": False,
    "audit_anchor": True,
    "audit_archive": False,
}
# (table, trigger, function): what stamps an event, and what lets only the successor in.
CHECKS = (
    ("audit_event", "stamp_event", "audit_stamp_event"),
    ("audit_leaf", "check_new_leaves", "audit_check_new_leaves"),
    ("audit_node", "check_new_nodes", "audit_check_new_nodes"),
    ("audit_checkpoint", "check_new_checkpoint", "audit_check_new_checkpoint"),
)
_MISSING_CHECKS = """
SELECT relation.relid::regclass::text, wanted.trigger
  FROM unnest(%s::text[], %s::text[], %s::text[]) AS wanted (root, trigger, function)
  CROSS JOIN LATERAL (
       SELECT wanted.root::regclass AS relid UNION SELECT relid FROM pg_partition_tree(wanted.root::regclass)) relation
 WHERE NOT EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = relation.relid AND t.tgname = wanted.trigger AND t.tgenabled = 'A' AND t.tgqual IS NULL
                      AND t.tgfoid = to_regproc(wanted.function))
 ORDER BY 1, 2
"""


def guards(report: Report) -> None:
    with connection.cursor() as cursor:
        for table, keep_updates in GUARDED.items():
            cursor.execute("SELECT relation, guard FROM audit_missing_guards(%s, %s)", [table, keep_updates])
            _add(report, cursor)
        cursor.execute(_MISSING_CHECKS, [list(column) for column in zip(*CHECKS, strict=True)])
        _add(report, cursor)


def definitions_as_released(report: Report) -> None:
    """Functions and triggers against the newest event that recorded them (`manage.py prepare`); a note when none did."""
    released = definitions.newest_recorded()
    if released is None:
        report.notes.append("no release has recorded its database functions yet")
        return
    for name, what in definitions.differences(released):
        report.add("definitions", name, f"{what} since the release that was recorded")


def _add(report: Report, cursor: Any) -> None:
    for relation, guard in cursor.fetchall():
        report.add("guards", relation, f"{guard} is missing, weakened or switched off")
