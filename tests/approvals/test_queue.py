"""approvals.queries: the queue, what an operator may see, and why a button is disabled."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group, Permission
from guardian.shortcuts import assign_perm

from approvals.commands import create_client, deactivate_person, withdraw
from approvals.models import Client
from approvals.queries import client_scope, obstacle_to, overdue_requests, pending_count, pending_requests, requests_of
from audit.context import Context
from tests.approvals.conftest import LONG_HELD, NOON, Asked, Clock, People, ask

pytestmark = pytest.mark.django_db

APPROVER = {"approver": LONG_HELD}


@pytest.fixture
def clients(bound: Context) -> list[Client]:
    return [create_client(client_id=name, name=name.title()) for name in ("acme", "globex", "initech")]


def _user(name: str) -> object:
    return get_user_model().objects.create_user(name, password="correct horse battery")


def _seen(user: object) -> list[str]:
    return [client.id for client in client_scope(user)]  # type: ignore[arg-type]


def test_an_operator_sees_the_clients_assigned_to_them_or_their_groups(clients: list[Client]) -> None:
    user, desk = _user("ana"), Group.objects.create(name="Latin America")
    assert _seen(user) == []
    assign_perm("approvals.view_client", user, clients[2])
    assert _seen(user) == ["initech"]
    assign_perm("approvals.view_client", desk, clients[0])
    user.groups.add(desk)  # type: ignore[attr-defined]
    assert _seen(user) == ["acme", "initech"]


def test_the_global_permission_shows_every_client_also_later_ones(clients: list[Client]) -> None:
    user = _user("ana")
    user.user_permissions.add(Permission.objects.get(codename="view_client"))  # type: ignore[attr-defined]
    user = get_user_model().objects.get(username="ana")
    create_client(client_id="umbrella", name="Umbrella")
    assert _seen(user) == ["acme", "globex", "initech", "umbrella"]


def test_nobody_and_the_inactive_see_nothing(clients: list[Client]) -> None:
    user = _user("ana")
    assign_perm("approvals.view_client", user, clients[0])
    user.is_active = False  # type: ignore[attr-defined]
    assert (_seen(user), _seen(AnonymousUser())) == ([], [])


def test_the_queue_is_by_deadline_and_within_scope(people: People, clients: list[Client]) -> None:
    later = ask(people, subject_id="1", client_id="acme", expires_at=NOON + timedelta(hours=9))
    sooner = ask(people, subject_id="2", client_id="acme", expires_at=NOON + timedelta(hours=1))
    everybodys = ask(people, subject_id="3", expires_at=NOON + timedelta(hours=2))
    ask(people, subject_id="4", client_id="globex")
    withdraw(ask(people, subject_id="5", client_id="acme").request.id, "not wanted")
    rows = pending_requests(person_id=people.checker.id, roles=APPROVER, clients=Client.objects.filter(id="acme"))
    assert [row.request.id for row in rows] == [sooner.request.id, everybodys.request.id, later.request.id]
    assert all(row.can_decide for row in rows)
    assert (len(pending_requests()), pending_count()) == (4, 4)


def test_the_queue_costs_the_same_queries_however_long_it_is(people: People, django_assert_num_queries: object) -> None:
    for number in range(5):
        ask(people, subject_id=str(number)).vote(people.outsider)
    with django_assert_num_queries(4):  # type: ignore[operator]
        rows = pending_requests(person_id=people.checker.id, roles=APPROVER)
    assert [(row.collected, row.voters) for row in rows] == [(1, ("outsider",))] * 5


def test_the_reason_a_button_is_disabled_stands_beside_it(asked: Asked, people: People, moment: Clock) -> None:
    def obstacle(person: object = people.checker, roles: object = APPROVER) -> str:
        return obstacle_to(asked.fresh(), person_id=person and person.id, roles=roles)  # type: ignore[attr-defined, arg-type]

    assert obstacle() == ""
    assert obstacle(None) == "Your account belongs to no person."
    assert obstacle(people.maker) == "You made it, so somebody else must decide it."
    assert obstacle(roles={}) == "This request needs the role approver."
    assert "after this request was made" in obstacle(roles={"approver": NOON + timedelta(seconds=1)})
    asked.vote(people.checker)
    assert obstacle() == "You have voted on it."
    moment.advance(hours=4)
    assert obstacle(people.outsider) == "The time to decide it is over."
    withdraw(asked.request.id, "not wanted")
    assert obstacle(people.outsider) == "It is withdrawn."


def test_whoever_has_left_is_not_counted(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    deactivate_person(person_id=people.checker.id, reason="left")
    assert [(row.collected, row.voters) for row in pending_requests()] == [(0, ())]


def test_everything_asked_about_a_subject_is_found(people: People) -> None:
    first = ask(people)
    withdraw(first.request.id, "wrong amount")
    second = ask(people)
    assert [(request.id, request.revision) for request in requests_of("thing", "thing-1")] == [
        (first.request.id, 1),
        (second.request.id, 2),
    ]


def test_overdue_requests_are_found_longest_first(people: People, moment: Clock) -> None:
    ids = [ask(people, subject_id=str(hours), expires_at=NOON + timedelta(hours=hours)).request.id for hours in (3, 1, 2, 9)]
    moment.advance(hours=3)
    assert [request_id for request_id, _ in overdue_requests(10)] == [ids[1], ids[2], ids[0]]
    assert len(overdue_requests(2)) == 2
