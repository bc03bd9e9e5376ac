"""approvals.commands.halts: one stops, two resume, and everything in between says so."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from approvals import registry
from approvals.commands import check_halts, place_halt, request_lift
from approvals.commands.halts import check_touched, touched
from approvals.errors import AlreadyHalted, AlreadyVoted, Halted, MakerMayNotDecide, NotInForce, RequestAlreadyPending, Unknown
from approvals.models import ApprovalRequest, Halt, Person
from approvals.queries import halts_due_for_review, halts_in_force, view_request
from approvals.queries.halts import halt_covering
from approvals.registry import DecideInput, VoteOutcome
from audit.context import Context
from audit.identity import new_id
from audit.models import AuditEvent
from tests.approvals.conftest import LONG_HELD, NOON, Clock, People, acting_as
from tests.approvals.test_constraints import refused, run

pytestmark = pytest.mark.django_db

STEP: dict[str, Any] = {
    "client_id": "acme",
    "account_codes": ["client:acme:USDC.ethereum", "wallet:hot-1:USDC.ethereum"],
    "asset_ids": ["USDC.ethereum"],
    "corridor_id": "US-MX",
    "provider": "bank",
    "destination_id": "d-1",
}
TOUCHED = touched(client_ids=[STEP["client_id"]], **{name: value for name, value in STEP.items() if name != "client_id"})


def _stopped(**step: Any) -> Halted:
    with pytest.raises(Halted) as refusal, transaction.atomic():
        check_halts(**step)
    return refusal.value


@pytest.mark.parametrize(
    ("scope", "target", "code"),
    [
        ("system", "", "system_halted"),
        ("client", "acme", "account_frozen"),
        ("account", "client:acme:USDC.ethereum", "account_frozen"),
        ("account", "wallet:hot-1:USDC.ethereum", "account_frozen"),
        ("asset", "USDC.ethereum", "asset_halted"),
        ("corridor", "US-MX", "corridor_halted"),
        ("provider", "bank", "provider_halted"),
        ("destination", "d-1", "destination_frozen"),
    ],
)
def test_a_halt_stops_every_step_it_covers_and_no_other(bound: Context, scope: str, target: str, code: str) -> None:
    check_halts(**STEP)
    halt = place_halt(scope=scope, target=target, reason="drill")
    stopped = _stopped(**STEP)
    assert (stopped.code, stopped.halt, halt_covering(TOUCHED)) == (code, halt, halt)
    if scope != "system":
        check_halts(**{name: type(value)() for name, value in STEP.items()})
        other: dict[str, Any] = {
            "client_ids": ["globex"],
            "account_codes": ["client:globex:USD"],
            "asset_ids": ["USD"],
            "corridor_id": "US-BR",
            "provider": "desk",
        }
        check_touched(touched(**other))
        assert halt_covering(touched(**other)) is None


def test_the_sentence_says_what_since_when_and_why(bound: Context) -> None:
    place_halt(scope="corridor", target="US-MX", reason="The rate feed is wrong.")
    assert _stopped(**STEP).sentence == "Corridor US-MX is stopped since 12:00 UTC on 14 May: The rate feed is wrong."


def test_of_several_halts_the_widest_speaks(bound: Context) -> None:
    place_halt(scope="destination", target="d-1", reason="odd")
    place_halt(scope="corridor", target="US-MX", reason="feed")
    assert _stopped(**STEP).code == "corridor_halted"
    place_halt(scope="system", target="", reason="drill")
    assert _stopped(**STEP).code == "system_halted"
    assert halt_covering(TOUCHED) == _stopped(**STEP).halt
    assert [halt.scope for halt in halts_in_force()] == ["system", "corridor", "destination"]


def test_a_halt_keeps_who_why_and_when_to_look_again(people: People, moment: Clock) -> None:
    with acting_as(people.outsider):
        halt = place_halt(scope="system", target="", reason=" suspected key theft ", review_after=timedelta(hours=1))
    assert (halt.placed_by, halt.placed_by_person_id, halt.reason) == ("outsider", people.outsider.id, "suspected key theft")
    event = AuditEvent.objects.get(type="approvals.halt_placed")
    assert (event.reason, event.resource_id, event.person_id) == ("suspected key theft", str(halt.id), people.outsider.id)
    assert halts_due_for_review() == []
    moment.advance(hours=1)
    assert halts_due_for_review() == [halt]


def test_a_stop_in_force_is_not_placed_again(bound: Context) -> None:
    place_halt(scope="client", target="acme", reason="drill")
    with pytest.raises(AlreadyHalted, match="Client acme is stopped already"):
        place_halt(scope="client", target="acme", reason="drill")
    assert Halt.objects.count() == 1


@pytest.mark.parametrize(
    ("scope", "target", "reason"), [("system", "x", "drill"), ("client", "", "drill"), ("client", "acme", " "), ("moon", "x", "y")]
)
def test_a_halt_has_a_target_that_fits_and_a_reason(bound: Context, scope: str, target: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"halt|moon"):
        place_halt(scope=scope, target=target, reason=reason)
    assert Halt.objects.count() == 0


@pytest.fixture
def halt(people: People) -> Halt:
    with acting_as(people.checker):
        return place_halt(scope="corridor", target="US-MX", reason="drill")


@pytest.fixture
def lift(halt: Halt, people: People) -> ApprovalRequest:
    return request_lift(halt_id=halt.id, reason="the feed is right again", maker=people.maker.id)


def decide(lift: ApprovalRequest, person: Person, decision: str = "approve") -> VoteOutcome:
    with acting_as(person):
        return registry.get(lift.action).decide(
            DecideInput(
                request_id=lift.id,
                person_id=person.id,
                operator=person.name,
                roles={"approver": LONG_HELD},
                decision=decision,
                digest=bytes(lift.digest),
                revision=lift.revision,
                reason="still wrong" if decision == "reject" else "",
            )
        )


def test_two_people_resume_and_the_one_who_stopped_may_be_one_of_them(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    assert decide(lift, people.checker).status == "pending"
    assert _stopped(**STEP).halt == halt
    assert decide(lift, people.second_checker).status == "approved"
    check_halts(**STEP)
    halt.refresh_from_db()
    assert (halt.lifted_at, halt.lifted_by, halt.lift_reason) == (NOON, "checker, second_checker", "the feed is right again")
    assert ApprovalRequest.objects.get().executed_at == NOON
    assert AuditEvent.objects.get(type="approvals.halt_lifted").reason == "the feed is right again"


def test_one_person_does_not_resume(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    decide(lift, people.checker)
    with pytest.raises(AlreadyVoted):
        decide(lift, people.checker)
    with pytest.raises(MakerMayNotDecide):
        decide(lift, people.maker)
    assert halts_in_force() == [halt]


def test_a_rejected_lift_leaves_the_halt_in_force(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    assert decide(lift, people.checker, "reject").status == "rejected"
    assert halts_in_force() == [halt]
    assert request_lift(halt_id=halt.id, reason="now really", maker=people.maker.id).revision == 2


def test_a_lift_is_asked_for_once_at_a_time(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    with pytest.raises(RequestAlreadyPending):
        request_lift(halt_id=halt.id, reason="me too", maker=people.outsider.id)


def test_only_a_halt_in_force_is_lifted(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    decide(lift, people.checker)
    decide(lift, people.second_checker)
    with pytest.raises(NotInForce):
        request_lift(halt_id=halt.id, reason="again", maker=people.maker.id)
    with pytest.raises(Unknown):
        request_lift(halt_id=new_id(), reason="what", maker=people.maker.id)


def test_the_same_target_can_be_stopped_again(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    decide(lift, people.checker)
    decide(lift, people.second_checker)
    again = place_halt(scope="corridor", target="US-MX", reason="wrong again")
    assert (halts_in_force(), again.id != halt.id) == ([again], True)


def test_the_page_reads_from_the_stored_bytes(lift: ApprovalRequest) -> None:
    view = view_request(lift.id)
    assert [(fact.label, fact.value) for fact in view.facts] == [
        ("Stopped", "corridor US-MX"),
        ("Since", "2026-05-14T12:00:00+00:00"),
        ("Stopped by", "checker"),
        ("Why it was stopped", "drill"),
        ("Why it may resume", "the feed is right again"),
    ]
    assert (len(view.words), view.collected, [maker.name for maker in view.makers]) == (4, 0, ["maker"])


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ("UPDATE approvals_halt SET lifted_at = now(), lifted_by = 'me'", "two people lift a halt"),
        ("UPDATE approvals_halt SET target = 'US-BR'", "a halt changes once"),
        ("UPDATE approvals_halt SET reason = 'nothing'", "a halt changes once"),
        ("UPDATE approvals_halt SET lifted_by = 'me'", "a halt changes once"),
        ("DELETE FROM approvals_halt", "keeps its history"),
        ("TRUNCATE approvals_halt CASCADE", "keeps its history"),
        ("DELETE FROM approvals_haltgate", "keeps its history"),
        ("UPDATE approvals_haltgate SET id = 1", "keeps its history"),
        (
            "INSERT INTO approvals_halt (id, scope, target, reason, placed_by, placed_at, review_at, lifted_at,"
            " lifted_by, lift_reason) VALUES (gen_random_uuid(), 'system', '', 'x', 'me', now(), now(), now(), '', '')",
            "begins in force",
        ),
    ],
)
def test_a_halt_stands_against_sql(halt: Halt, attack: str, words: str) -> None:
    with refused(words):
        run(attack)


def test_an_approved_request_with_a_quorum_of_one_lifts_nothing_in_sql(halt: Halt, people: People) -> None:
    from tests.approvals.conftest import ask

    asked = ask(people, quorum=1, subject_id=str(halt.id), action="halt.lift")
    assert asked.vote(people.checker).status == "approved"
    with refused("two people lift a halt"):
        run("UPDATE approvals_halt SET lifted_at = now(), lifted_by = 'me'")


def test_a_lifted_halt_is_history(halt: Halt, lift: ApprovalRequest, people: People) -> None:
    decide(lift, people.checker)
    decide(lift, people.second_checker)
    for attack in ("lifted_at = NULL", "lifted_by = 'me'", "reason = 'x'"):
        with refused("a halt changes once"):
            run(f"UPDATE approvals_halt SET {attack}")
