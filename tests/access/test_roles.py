"""The role table and Django's groups say the same."""

import pytest
from django.contrib.auth.models import Group, Permission

from approvals.corrections import quorum
from backoffice.access import commands, roles

pytestmark = pytest.mark.django_db


def _held(group: str) -> set[str]:
    held = Group.objects.get(name=group).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in held}


def test_it_makes_the_eight_groups_hold_exactly_what_the_table_says():
    Group.objects.all().delete()
    commands.sync_roles()
    assert len(roles.ROLES) == 8
    for role in roles.ROLES.values():
        assert _held(role.name) == set(role.permissions)
    assert _held(roles.ALL_CLIENTS_GROUP) == {"approvals.view_client"}


def test_it_takes_away_what_somebody_added_by_hand():
    commands.sync_roles()
    Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="decide_request"))
    commands.sync_roles()
    assert _held("viewer") == set(roles.ROLES["viewer"].permissions)


def test_an_unknown_permission_is_refused_and_nothing_changes(monkeypatch):
    commands.sync_roles()
    before = {name: _held(name) for name in roles.ROLES}
    broken = roles.Role("viewer", "Viewer", "", ("transfers.view_transfer", "transfers.print_money"))
    monkeypatch.setitem(roles.ROLES, "viewer", broken)
    with pytest.raises(commands.UnknownPermission, match=r"transfers\.print_money"):
        commands.sync_roles()
    assert {name: _held(name) for name in roles.ROLES} == before


def test_who_configures_neither_makes_nor_decides():
    admin = set(roles.ROLES["admin"].permissions)
    assert admin.isdisjoint({"transfers.create_withdrawal", "approvals.decide_request"})


@pytest.mark.parametrize("name", roles.ROLES)
def test_nobody_but_the_makers_and_deciders_holds_their_permissions(name):
    held = set(roles.ROLES[name].permissions)
    assert ("transfers.create_withdrawal" in held) == (name == "operator")
    assert ("approvals.decide_request" in held) == (name in {"approver", "treasury"})
    assert ("ledger.request_correction" in held) == (name in {"operator", "treasury"})
    assert ("ledger.close_period" in held) == (name == "treasury")
    # One role never both makes and decides, whatever its name: corrections and months are decided in the role of approver alone.
    assert not {"transfers.create_withdrawal", "approvals.decide_request"} <= held
    assert name != quorum.ROLE or not {"ledger.request_correction", "ledger.close_period"} & held
