"""The command prints a key that works, once, and knows whose it is."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals.commands import authenticate_key, create_client, create_person, issue_api_key
from approvals.models import ApiKey


def _created(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.fixture(autouse=True)
def acme(as_system: object, db: None) -> None:
    create_client(client_id="acme", name="Acme Robotics")


def test_the_printed_key_authenticates_with_its_scopes() -> None:
    key = authenticate_key(_created("acme", "--scopes", "transfers:read", "transfers:write", "--controller", "Rhea"), "127.0.0.1")
    assert key is not None
    assert (key.client_id, key.scopes) == ("acme", ["transfers:read", "transfers:write"])
    assert [person.name for person in key.controllers.all()] == ["Rhea"]


def test_without_a_controller_the_holders_of_the_latest_key_hold_it_too() -> None:
    holder = create_person(name="Rhea")
    issue_api_key(client_id="acme", name="first", scopes=["transfers:read"], controllers=[holder.id])
    key = authenticate_key(_created("acme", "--scopes", "transfers:read,balances:read"), "127.0.0.1")
    assert key is not None
    assert list(key.controllers.all()) == [holder]
    assert sorted(key.scopes) == ["balances:read", "transfers:read"]


@pytest.mark.parametrize("arguments", [["acme", "--scopes", "transfers:read"], ["nobody", "--scopes", "x", "--controller", "Rhea"]])
def test_nobody_to_hold_it_or_no_such_client_is_said_and_makes_no_key(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        _created(*arguments)
    assert not ApiKey.objects.exists()
