"""The database roles and what each may do. Run by the owner after every migrate; running it again changes nothing.

Every floor says in `<app>/migrations/sql/grants.sql` what roles need of it; `backoffice/sql/grants.sql` has the shell's own tables.
Everything is taken away first, in the same transaction, so that a line deleted from a file is a privilege gone. Privileges on a
partitioned table are the parent's: partitions, present and future, give nobody anything.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from backoffice.environment import DatabaseUrl

ROLES = ("countersign_web", "countersign_worker", "countersign_sealer", "countersign_signer")

_CREATE_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) THEN
        CREATE ROLE {role} LOGIN NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    -- Made by somebody else since we looked: roles belong to the whole server.
    NULL;
END $$
"""

_TAKE_AWAY = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {roles};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {roles};
REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM {roles};
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM PUBLIC;
-- The built-in default is global, so only a global statement takes it away.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {roles};
"""

# Functions of extensions stay callable: operators and indexes need them.
_OUR_ROUTINES = """
SELECT format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""


def files() -> Iterator[Path]:
    """Every grants file, the lowest floor first."""
    for config in apps.get_app_configs():
        path = Path(config.path) / "migrations" / "sql" / "grants.sql"
        if path.is_file():
            yield path
    yield settings.BASE_DIR / "backoffice" / "sql" / "grants.sql"


@transaction.atomic
def apply() -> list[str]:
    """Make roles and privileges what the files say. Returns the files. Raises django.db.Error."""
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    applied = []
    with connection.cursor() as cursor:
        make_roles()
        _run(cursor, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(_database()))
        _run(cursor, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(_database(), roles))
        _run(cursor, sql.SQL(_TAKE_AWAY).format(roles=roles))
        cursor.execute(_OUR_ROUTINES)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        for path in files():
            cursor.execute(path.read_text(encoding="utf-8"))
            applied.append(str(path.relative_to(settings.BASE_DIR)))
        _set_passwords(cursor, settings.DATABASE_ROLE_URLS)
    return applied


def make_roles() -> None:
    """The roles that the server lacks, without any privilege."""
    with connection.cursor() as cursor:
        for role in ROLES:
            _run(cursor, sql.SQL(_CREATE_ROLE).format(role=sql.Identifier(role), literal=sql.Literal(role)))


def _set_passwords(cursor: Any, urls: Mapping[str, str]) -> None:
    """Passwords come from the URLs the processes will use; only their SCRAM verifier is sent, so no server log can hold one."""
    for name, url in urls.items():
        if not url:
            continue
        parsed = DatabaseUrl.parse(f"DATABASE_URL_{name.upper()}", url)
        if parsed.user not in ROLES or not parsed.password:
            continue
        verifier = connection.connection.pgconn.encrypt_password(parsed.password.encode(), parsed.user.encode(), b"scram-sha-256")
        statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(parsed.user), sql.Literal(verifier.decode()))
        _run(cursor, statement)


def _database() -> sql.Identifier:
    return sql.Identifier(connection.settings_dict["NAME"])


def _run(cursor: Any, statement: sql.Composable) -> None:
    cursor.execute(statement.as_string(connection.connection))
