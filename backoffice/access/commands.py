"""The verbs of access: roles granted and revoked, clients assigned, the role table copied into Django's groups.

Seeding calls, in this order: `sync_roles()`, then for each operator `grant_role(...)` and `see_all_clients(...)` or
`see_client(...)`. Each change is one transaction with its trail (RoleGrant) and its audit event; repeating one that is already
so changes nothing.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from approvals.models import Client
from audit import clock, context
from audit.commands import record
from backoffice.access.models import Operator, RoleGrant
from backoffice.access.roles import ALL_CLIENTS_GROUP, ROLES, VIEW_CLIENT
from backoffice.access.roles import role as role_named


class UnknownPermission(ValueError):
    """A role names a permission that no app declares: granting the rest would leave a role that quietly does less than it says."""


@transaction.atomic
def sync_roles() -> None:
    """Make the groups hold exactly what the role table says. Raises UnknownPermission and then changes nothing.

    Permissions themselves are made by `migrate`; run this after it. Groups that are not roles are left alone.
    """
    declared = _declared()
    wanted = {role.name: role.permissions for role in ROLES.values()} | {ALL_CLIENTS_GROUP: (VIEW_CLIENT,)}
    for name, permissions in wanted.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([_among(declared, permission) for permission in permissions])


@transaction.atomic
def grant_role(*, operator: Operator, role: str, reason: str = "") -> RoleGrant:
    """Give `operator` a role from now on. A role already held is returned as it is, with the time since when it has been held.

    Raises UnknownRole.
    """
    wanted = role_named(role)
    Operator.objects.select_for_update().get(pk=operator.pk)
    held = RoleGrant.objects.filter(operator=operator, role=wanted.name, revoked_at=None).first()
    if held is not None:
        return held
    actor = context.current().actor
    grant = RoleGrant.objects.create(operator=operator, role=wanted.name, granted_at=clock.now(), granted_by=actor.id)
    operator.groups.add(Group.objects.get(name=wanted.name))
    _record("access.role_granted", operator, reason, {"role": [None, wanted.name]})
    return grant


@transaction.atomic
def revoke_role(*, operator: Operator, role: str, reason: str) -> None:
    """Take a role away at once. Revoking a role that is not held is a no-op. Raises UnknownRole."""
    wanted = role_named(role)
    Operator.objects.select_for_update().get(pk=operator.pk)
    revoked = RoleGrant.objects.filter(operator=operator, role=wanted.name, revoked_at=None).update(revoked_at=clock.now())
    operator.groups.remove(*Group.objects.filter(name=wanted.name))
    if revoked:
        _record("access.role_revoked", operator, reason, {"role": [wanted.name, None]})


@transaction.atomic
def see_all_clients(*, operator: Operator) -> None:
    """Let `operator` see every client, also those that come later."""
    if operator.groups.filter(name=ALL_CLIENTS_GROUP).exists():
        return
    operator.groups.add(Group.objects.get(name=ALL_CLIENTS_GROUP))
    _record("access.clients_assigned", operator, "", {"clients": [None, "all"]})


@transaction.atomic
def see_client(*, operator: Operator, client: Client) -> None:
    """Let `operator` see one client, beside those assigned already."""
    if operator.has_perm(VIEW_CLIENT, client):
        return
    assign_perm(VIEW_CLIENT, operator, client)
    _record("access.clients_assigned", operator, "", {"clients": [None, client.pk]})


@transaction.atomic
def stop_seeing_client(*, operator: Operator, client: Client, reason: str) -> None:
    """Take one assigned client away. Somebody who sees all clients still does."""
    remove_perm(VIEW_CLIENT, operator, client)
    _record("access.clients_unassigned", operator, reason, {"clients": [client.pk, None]})


def _record(type: str, operator: Operator, reason: str, diff: dict[str, list[str | None]]) -> None:
    record(type=type, resource_type="operator", resource_id=operator.get_username(), reason=reason, diff=diff)


def _declared() -> dict[str, int]:
    """The keys of all permissions there are, by `app.codename`."""
    rows = Permission.objects.order_by().values_list("content_type__app_label", "codename", "pk")
    return {f"{app_label}.{codename}": key for app_label, codename, key in rows}


def _among(declared: dict[str, int], name: str) -> int:
    try:
        return declared[name]
    except KeyError:
        raise UnknownPermission(f"no app declares the permission {name}") from None
