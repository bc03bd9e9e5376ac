"""Operators, their persons and roles; clients with the people who hold their keys."""

import secrets
from collections.abc import Mapping

from approvals.commands import create_client, create_person, issue_api_key, revoke_api_key
from approvals.models import ApiKey, Client, Person
from backoffice.access.commands import grant_role, see_all_clients, sync_roles
from backoffice.access.models import Operator
from backoffice.sandbox.demo import company

KEY_NAME = "demo"
KEY_SCOPES = ("transfers:read", "transfers:write", "balances:read", "webhooks:read", "webhooks:write")


def seed_operators(known: Mapping[str, str], password: str) -> dict[str, str]:
    """Make the operators that are missing and give back every operator's password.

    `known` are passwords already told to somebody; `password` sets one for all when it is not empty.
    """
    sync_roles()
    return {demo.username: _operator(demo, known.get(demo.username, ""), password) for demo in company.OPERATORS}


def _operator(demo: company.DemoOperator, known: str, password: str) -> str:
    operator = Operator.objects.filter(username=demo.username).first()
    if operator is None:
        first, last = demo.name.split(" ", 1)
        operator = Operator(username=demo.username, first_name=first, last_name=last, person=create_person(name=demo.name))
    chosen = password or known or secrets.token_urlsafe(9)
    if not operator.check_password(chosen):
        operator.set_password(chosen)
    operator.save()
    for role in demo.roles:
        grant_role(operator=operator, role=role)
    see_all_clients(operator=operator)
    return chosen


def seed_client(demo: company.DemoClient, known_key: str) -> str:
    """The client and its API key. A key whose text nobody kept is replaced, since only its hash is here."""
    if not Client.objects.filter(id=demo.id).exists():
        create_client(client_id=demo.id, name=demo.name)
    if known_key and ApiKey.objects.filter(prefix=known_key.split("_")[1], revoked_at=None).exists():
        return known_key
    for lost in ApiKey.objects.filter(client_id=demo.id, name=KEY_NAME, revoked_at=None):
        revoke_api_key(key_id=lost.id, reason="its text was lost before it could be written down")
    holder = Person.objects.filter(name=demo.contact).first() or create_person(name=demo.contact)
    _, text = issue_api_key(client_id=demo.id, name=KEY_NAME, scopes=KEY_SCOPES, controllers=[holder.id])
    return text
