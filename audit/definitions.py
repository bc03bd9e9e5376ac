"""The functions and triggers of the database, and what makes its tables what they are, as an event of the trail: what a release
made them is sealed, and can be compared.

Whoever replaces a function that records or refuses, drops a constraint or gives a role more than it has, and puts everything back
afterwards, is not found by this. Who leaves it so, is.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.models import AuditEvent
from audit.shape import SHAPE

# The function that names the epoch in force is written anew with each epoch; it is compared with the epochs on record.
_FUNCTIONS = """
SELECT 'function ' || p.oid::regprocedure, encode(sha256(convert_to(CASE p.proname
           WHEN 'audit_current_epoch' THEN replace(pg_get_functiondef(p.oid), 'SELECT ' || newest, 'SELECT newest')
           ELSE pg_get_functiondef(p.oid) END || pg_get_userbyid(p.proowner) || coalesce(p.proacl::text, ''), 'UTF8')), 'hex')
  FROM pg_proc p, (SELECT max(epoch) AS newest FROM audit_cluster_epoch) AS epoch
 WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
# Partitions come and go by themselves: their triggers are reported together, and all of them must say the same.
_TRIGGERS = """
SELECT 'trigger ' || t.tgname || ' on ' || spot.name, encode(sha256(convert_to(string_agg(DISTINCT
           replace(pg_get_triggerdef(t.oid), spot.own, '*') || ' ' || t.tgenabled::text, E'\\n'), 'UTF8')), 'hex')
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 CROSS JOIN LATERAL (
       SELECT CASE WHEN c.relispartition THEN 'partitions of ' || pg_partition_root(c.oid)::regclass ELSE c.oid::regclass::text END
              AS name, CASE WHEN c.relispartition THEN c.relname ELSE '' END AS own) AS spot
 WHERE NOT t.tgisinternal AND (c.relispartition OR c.relnamespace = 'public'::regnamespace)
 GROUP BY t.tgname, spot.name
"""


def current() -> dict[str, str]:
    """Name -> SHA-256 of the definition, of everything of ours in this database."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FUNCTIONS} UNION ALL {_TRIGGERS}")
        code = cursor.fetchall()
        cursor.execute(SHAPE)
        return dict(sorted([*code, *cursor.fetchall()]))


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
