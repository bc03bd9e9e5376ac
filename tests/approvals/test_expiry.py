"""approvals.commands.expiry and approvals.registry: what nobody decided ends, through the action that owns it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from approvals import registry
from approvals.commands import expire_due, expire_request, place_halt, request_lift, withdraw
from approvals.models import ApprovalRequest
from approvals.queries import halts_in_force
from approvals.registry import Action, ActionUnknown, VoteOutcome
from tests.approvals.conftest import NOON, Clock, People, ask

pytestmark = pytest.mark.django_db

Register = Callable[..., Action]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Actions for the length of the test."""
    monkeypatch.setattr(registry, "_actions", dict(registry._actions))

    def add(name: str, **changes: object) -> Action:
        defaults = {"title": name, "check_permission": "approvals.decide_request", "describe": lambda _: []}
        action = Action(name=name, decide=lambda _: VoteOutcome("pending", 0, 1), **defaults | changes)  # type: ignore[arg-type]
        registry.register(action)
        return action

    return add


def test_an_action_is_registered_once_and_found_by_its_name(register: Register) -> None:
    action = register("test.act")
    assert registry.get("test.act") is action
    assert {"halt.lift", "test.act"} <= set(registry.names())
    with pytest.raises(ValueError, match="registered already"):
        register("test.act")
    with pytest.raises(ActionUnknown):
        registry.get("test.unheard")


def test_overdue_requests_expire_and_their_action_hears_of_it(people: People, moment: Clock, register: Register) -> None:
    ended: list[tuple[str, str]] = []
    register("test.act", on_final=lambda request: ended.append((request.subject_id, request.status)))
    ask(people, subject_id="due")
    ask(people, subject_id="open", expires_at=NOON + timedelta(hours=9))
    moment.advance(hours=4)
    assert (expire_due(), expire_due()) == (1, 0)
    assert ended == [("due", "expired")]
    assert sorted(ApprovalRequest.objects.values_list("subject_id", "status")) == [("due", "expired"), ("open", "pending")]


def test_an_action_that_locks_its_subject_first_expires_it_itself(people: People, moment: Clock, register: Register) -> None:
    seen: list[UUID] = []

    def expire(request_id: UUID) -> None:
        seen.append(request_id)
        expire_request(request_id, "The transfer expired.")

    register("test.act", expire=expire)
    asked = ask(people)
    moment.advance(hours=4)
    assert expire_due() == 1
    assert (seen, asked.fresh().closing_reason) == ([asked.request.id], "The transfer expired.")


def test_one_that_was_decided_meanwhile_is_no_failure(people: People, moment: Clock, register: Register) -> None:
    register("test.act", expire=lambda request_id: expire_request(withdraw(request_id, "first").id))
    ask(people)
    moment.advance(hours=4)
    assert expire_due() == 0


def test_one_that_fails_does_not_keep_the_others_waiting(people: People, moment: Clock, register: Register) -> None:
    def fail(_: UUID) -> None:
        raise LookupError("its subject is gone")

    register("test.act")
    register("test.broken", expire=fail)
    ask(people, action="test.broken", subject_id="first", expires_at=NOON + timedelta(hours=1))
    ask(people, subject_id="second", expires_at=NOON + timedelta(hours=2))
    moment.advance(hours=4)
    with pytest.raises(ExceptionGroup) as failures:
        expire_due()
    assert [str(error) for error in failures.value.exceptions] == ["its subject is gone"]
    assert ApprovalRequest.objects.get(subject_id="second").status == "expired"


def test_a_lift_that_nobody_decided_leaves_the_halt_in_force(people: People, moment: Clock) -> None:
    halt = place_halt(scope="system", target="", reason="drill")
    request_lift(halt_id=halt.id, reason="done", maker=people.maker.id)
    moment.advance(hours=24)
    assert expire_due() == 1
    assert halts_in_force() == [halt]
