"""Granting and revoking roles and clients: the trail, the group and the audit event go together."""

import pytest

from approvals.commands import create_client
from approvals.queries import client_scope
from audit import context
from audit.context import NoActorBound
from audit.models import AuditEvent
from backoffice.access import commands
from backoffice.access.models import Operator, RoleGrant
from backoffice.access.queries import clients_in_words, roles_held_since
from backoffice.access.roles import UnknownRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(as_system: context.Context) -> Operator:
    commands.sync_roles()
    return Operator.objects.create_user("nora", password="correct horse battery")


def _events(type: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(type=type, resource_id="nora"))


def test_a_grant_gives_the_permission_and_leaves_its_trail(operator):
    grant = commands.grant_role(operator=operator, role="viewer", reason="joins the desk")
    assert Operator.objects.get(pk=operator.pk).has_perm("transfers.view_transfer")
    assert roles_held_since(operator) == {"viewer": grant.granted_at}
    assert grant.granted_by == "test"
    [event] = _events("access.role_granted")
    assert (event.reason, event.diff) == ("joins the desk", {"role": [None, "viewer"]})


def test_granting_again_changes_nothing_and_keeps_since_when(operator):
    first = commands.grant_role(operator=operator, role="viewer")
    second = commands.grant_role(operator=operator, role="viewer")
    assert second.pk == first.pk
    assert RoleGrant.objects.count() == 1
    assert len(_events("access.role_granted")) == 1


def test_a_revoked_role_is_gone_and_its_history_stays(operator):
    commands.grant_role(operator=operator, role="viewer")
    commands.revoke_role(operator=operator, role="viewer", reason="left the desk")
    assert not Operator.objects.get(pk=operator.pk).has_perm("transfers.view_transfer")
    assert roles_held_since(operator) == {}
    assert RoleGrant.objects.filter(revoked_at__isnull=False).count() == 1
    assert len(_events("access.role_revoked")) == 1


def test_a_role_granted_again_counts_from_the_second_time(operator):
    first = commands.grant_role(operator=operator, role="viewer")
    commands.revoke_role(operator=operator, role="viewer", reason="holiday")
    second = commands.grant_role(operator=operator, role="viewer")
    assert roles_held_since(operator)["viewer"] == second.granted_at > first.granted_at


def test_revoking_what_is_not_held_records_nothing(operator):
    commands.revoke_role(operator=operator, role="viewer", reason="tidy")
    assert _events("access.role_revoked") == []


def test_a_misspelt_role_is_refused(operator):
    with pytest.raises(UnknownRole, match="aprover"):
        commands.grant_role(operator=operator, role="aprover")
    assert RoleGrant.objects.count() == 0


def test_nobody_grants_anonymously(db):
    commands.sync_roles()
    operator = Operator.objects.create_user("nora")
    with pytest.raises(NoActorBound):
        commands.grant_role(operator=operator, role="viewer")
    assert RoleGrant.objects.count() == 0
    assert operator.groups.count() == 0


def test_an_operator_sees_only_the_clients_assigned(operator):
    acme = create_client(client_id="acme", name="Acme Robotics")
    create_client(client_id="globex", name="Globex Trading")
    assert list(client_scope(operator)) == []
    commands.see_client(operator=operator, client=acme)
    assert list(client_scope(operator)) == [acme]
    assert clients_in_words(operator) == "Acme Robotics"
    commands.stop_seeing_client(operator=operator, client=acme, reason="moved team")
    assert list(client_scope(Operator.objects.get(pk=operator.pk))) == []


def test_all_clients_includes_those_that_come_later(operator):
    commands.see_all_clients(operator=operator)
    commands.see_all_clients(operator=operator)
    later = create_client(client_id="initech", name="Initech")
    assert list(client_scope(Operator.objects.get(pk=operator.pk))) == [later]
    assert len(_events("access.clients_assigned")) == 1


def test_the_web_process_cannot_make_anybody_a_superuser(operator, database_role):
    from django.db import ProgrammingError, connection, transaction

    forbidden = (
        "UPDATE access_operator SET is_superuser = true",
        "UPDATE access_operator SET person_id = NULL",
        "DELETE FROM access_rolegrant",
        "INSERT INTO access_rolegrant (operator_id, role, granted_at, granted_by) VALUES (1, 'approver', now(), 'me')",
        "INSERT INTO access_operator_groups (operator_id, group_id) VALUES (1, 1)",
    )
    with database_role("countersign_web"), connection.cursor() as cursor:
        cursor.execute("UPDATE access_operator SET theme = 'dark'")
        for statement in forbidden:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
