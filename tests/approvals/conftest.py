"""Who acts in these tests, how they are bound, and real commits in a database of their own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from approvals.commands import cast_vote, create_person, open_request
from approvals.models import ApprovalRequest, Person
from approvals.registry import VoteOutcome
from audit import clock, context
from audit.context import Actor, ActorType, Context
from ledger.commands import register_asset
from tests.databases import committed_copy

# A Thursday, in the middle of the day: UTC windows and expiry are moved on purpose where a test is about them.
NOON = datetime(2026, 5, 14, 12, 0, tzinfo=UTC)
LONG_HELD = NOON - timedelta(days=30)
SYSTEM = Actor.system("test")


class Clock:
    """Business time that a test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def moment() -> Iterator[Clock]:
    ticking = Clock()
    with clock.using(ticking):
        yield ticking


@pytest.fixture
def bound(moment: Clock) -> Iterator[Context]:
    with context.bind(SYSTEM) as inside:
        yield inside


@pytest.fixture
def usdc(db: None, bound: Context) -> str:
    return register_usdc()


def register_usdc() -> str:
    return register_asset(code="USDC", network="ethereum", contract="0x" + "ab" * 20, name="USD Coin", exponent=6).id


def acting_as(person: Person, operator: str = "") -> AbstractContextManager[Context]:
    """Bound as an operator account of the person; the account is called like the person unless it is another one of theirs."""
    return context.bind(Actor(ActorType.OPERATOR, operator or person.name, person_id=person.id))


@dataclass(frozen=True)
class People:
    maker: Person
    checker: Person
    second_checker: Person
    outsider: Person


@pytest.fixture
def people(db: None, bound: Context) -> People:
    return make_people()


def make_people() -> People:
    return People(*(create_person(name=name) for name in ("maker", "checker", "second_checker", "outsider")))


@dataclass(frozen=True)
class Asked:
    """A request of the maker that needs approvers, and the way its people vote on it."""

    request: ApprovalRequest

    def vote(self, person: Person, decision: str = "approve", **changes: Any) -> VoteOutcome:
        operator = changes.pop("operator", person.name)
        arguments = {
            "request_id": self.request.id,
            "person_id": person.id,
            "operator": operator,
            "roles": {"approver": LONG_HELD},
            "decision": decision,
            "digest": bytes(self.request.digest),
            "revision": self.request.revision,
            "reason": "not as agreed" if decision == "reject" else "",
        }
        with acting_as(person, operator):
            return cast_vote(**arguments | changes)

    def fresh(self) -> ApprovalRequest:
        return ApprovalRequest.objects.get(id=self.request.id)


def ask(
    people: People, *, quorum: int = 2, subject_id: str = "thing-1", makers: Sequence[UUID] | None = None, **changes: Any
) -> Asked:
    arguments: dict[str, Any] = {
        "action": "test.act",
        "subject_type": "thing",
        "subject_id": subject_id,
        "client_id": "",
        "title": "Do the thing",
        "payload": {"amount": "1000000", "to": "0xabc"},
        "quorum": quorum,
        "role": "approver",
        "expires_at": clock.now() + timedelta(hours=4),
        "makers": [people.maker.id] if makers is None else makers,
    }
    return Asked(open_request(**arguments | changes))


@pytest.fixture
def asked(people: People) -> Asked:
    return ask(people)


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's, which truncates, as guarded tables refuse. It keeps the name, since by it pytest-django knows
    that a run of these tests alone needs a test database too."""
    with django_db_blocker.unblock(), committed_copy():
        yield


@pytest.fixture
def committing(transactional_db: None, bound: Context) -> None:
    """Real commits, and somebody who acts."""


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment, each on its own connection; what a call raised stands in the place of its result."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(position: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            with clock.using(lambda: NOON), context.bind(SYSTEM):
                results[position] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(position, call), daemon=True) for position, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "a call did not come back"
    return results
