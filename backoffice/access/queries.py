"""What is known about roles in force."""

from datetime import datetime

from approvals.queries import client_scope
from backoffice.access.models import Operator, RoleGrant
from backoffice.access.roles import ROLES, VIEW_CLIENT, Role


def roles_held_since(operator: Operator) -> dict[str, datetime]:
    """Roles in force and since when: what a vote is judged by, since a role gained after a request was made does not count for
    it.
    """
    grants = RoleGrant.objects.filter(operator=operator, revoked_at=None)
    return {grant.role: grant.granted_at for grant in grants}


def roles_of(operator: Operator) -> list[Role]:
    """Roles in force in the order of the table, for showing."""
    held = roles_held_since(operator)
    return [role for name, role in ROLES.items() if name in held]


def clients_in_words(operator: Operator) -> str:
    """Whose clients they are: "all", the assigned ones by name, or "none"."""
    if operator.has_perm(VIEW_CLIENT):
        return "all"
    return ", ".join(client_scope(operator).values_list("name", flat=True)) or "none"
