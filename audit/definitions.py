"""The functions and triggers of the database as an event of the trail: what a release made them is sealed, and can be compared.

Whoever replaces a function that records or refuses, or switches a trigger off, and puts everything back afterwards, is not found
by this. Who leaves it so, is.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.models import AuditEvent

# The function that names the epoch in force is written anew with each epoch; it is compared with the epochs on record.
_FUNCTIONS = """
SELECT 'function ' || p.oid::regprocedure, encode(sha256(convert_to(CASE p.proname
           WHEN 'audit_current_epoch' THEN replace(pg_get_functiondef(p.oid), 'SELECT ' || newest, 'SELECT newest')
           ELSE pg_get_functiondef(p.oid) END, 'UTF8')), 'hex')
  FROM pg_proc p, (SELECT max(epoch) AS newest FROM audit_cluster_epoch) AS epoch
 WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
# Partitions come and go by themselves; their triggers are their parents'.
_TRIGGERS = """
SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass,
       encode(sha256(convert_to(pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text, 'UTF8')), 'hex')
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""


def current() -> dict[str, str]:
    """Name -> SHA-256 of the definition, of everything of ours in this database."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FUNCTIONS} UNION ALL {_TRIGGERS} ORDER BY 1")
        return dict(cursor.fetchall())


def record_if_changed(*, release: str) -> bool:
    """Record the definitions of this release, unless the newest event says the same. True when it did."""
    now, before = current(), newest_recorded()
    if now == before:
        return False
    with transaction.atomic():
        record(
            type=vocabulary.DEFINITIONS_RECORDED,
            resource_type="database",
            resource_id=str(connection.settings_dict["NAME"]),
            metadata={"release": release, "definitions": now},
        )
    return True


def newest_recorded() -> dict[str, str] | None:
    event: Any = AuditEvent.objects.filter(type=vocabulary.DEFINITIONS_RECORDED).order_by("-recorded_at", "-id").first()
    return None if event is None else dict(event.metadata["definitions"])


def differences(released: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(name, changed, gone or added) of each definition that is not as released."""
    now = current()
    for name in sorted(released.keys() | now.keys()):
        if name not in now:
            yield name, "is gone"
        elif name not in released:
            yield name, "was added"
        elif now[name] != released[name]:
            yield name, "was changed"
