"""The roles have what the files say and nothing else."""

import pytest
from django.db import DatabaseError, connection, transaction

from backoffice.quickstart import grants

pytestmark = pytest.mark.django_db


def _privileges() -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = ANY(%s)",
            [list(grants.ROLES)],
        )
        return set(cursor.fetchall())


def test_applying_again_changes_nothing() -> None:
    before = _privileges()
    assert before
    grants.apply()
    assert _privileges() == before


def test_a_privilege_that_no_file_gives_is_taken_away() -> None:
    before = _privileges()
    with connection.cursor() as cursor:
        cursor.execute("GRANT DELETE ON audit_event TO countersign_web")
    grants.apply()
    assert _privileges() == before


def test_partitions_give_nobody_anything() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits")
        partitions = {name for (name,) in cursor.fetchall()}
    assert partitions
    assert [row for row in _privileges() if row[1] in partitions] == []


def test_nobody_may_call_our_functions_without_a_grant() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS"
            " (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"
            " AND has_function_privilege('public', p.oid, 'EXECUTE')"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "TRUNCATE audit_event",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET reason = ''",
        "DELETE FROM transfers_transfer",
        "ALTER TABLE transfers_transfer DISABLE TRIGGER ALL",
    ],
)
def test_no_serving_role_may(database_role, role: str, statement: str) -> None:
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with database_role(role), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("role", grants.ROLES)
def test_no_serving_role_may_become_another(role: str) -> None:
    """Asked of the catalogue: the tests' own session is a superuser's, which may take any role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [role])
        assert cursor.fetchone() == (0,)
