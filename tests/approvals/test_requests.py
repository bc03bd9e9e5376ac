"""approvals.commands.requests: who may decide, on what, until when; and how a request ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from approvals import canonical
from approvals.commands import add_maker, deactivate_person, dismiss, expire_request, mark_executed, withdraw
from approvals.errors import (
    AlreadyExecuted,
    AlreadyVoted,
    MakerMayNotDecide,
    MakerMissing,
    NotApproved,
    NotExpired,
    NotPending,
    NotYourVote,
    PayloadNotCanonical,
    PersonInactive,
    ReasonMissing,
    RequestAlreadyPending,
    RequestExpired,
    RoleMissing,
    RoleTooNew,
    StalePayload,
    Unknown,
)
from approvals.models import ApprovalRequest, Vote
from audit import context
from audit.context import Actor, ActorType
from audit.identity import new_id
from audit.models import AuditEvent
from tests.approvals.conftest import LONG_HELD, NOON, Asked, Clock, People, acting_as, ask

pytestmark = pytest.mark.django_db


def _trail(asked: Asked) -> list[str]:
    events = AuditEvent.objects.filter(resource_type="approval_request", resource_id=str(asked.request.id))
    return [event.type.removeprefix("approvals.") for event in events.order_by("recorded_at")]


def _refused(asked: Asked, error: type[Exception], call: Callable[[], Any]) -> Exception:
    """The call is refused with exactly this error, and nothing about the request, its votes or its trail is different
    afterwards."""
    before = (asked.fresh().status, Vote.objects.count(), _trail(asked))
    with pytest.raises(error) as refusal:
        call()
    assert type(refusal.value) is error
    assert (asked.fresh().status, Vote.objects.count(), _trail(asked)) == before
    return refusal.value


def test_a_request_keeps_the_canonical_bytes_and_their_digest(asked: Asked, people: People) -> None:
    stored = asked.fresh()
    assert bytes(stored.payload) == b'{"amount":"1000000","to":"0xabc"}'
    assert bytes(stored.digest) == canonical.digest_of(bytes(stored.payload))
    assert (stored.status, stored.revision, stored.made_at) == ("pending", 1, NOON)
    assert [maker.person_id for maker in stored.makers.all()] == [people.maker.id]
    assert _trail(asked) == ["request_opened"]


def test_the_quorum_approves(asked: Asked, people: People) -> None:
    first = asked.vote(people.checker)
    assert (first.status, first.collected, first.quorum, first.is_final) == ("pending", 1, 2, False)
    second = asked.vote(people.second_checker)
    assert (second.status, second.collected, second.quorum, second.is_final) == ("approved", 2, 2, True)
    assert (asked.fresh().status, asked.fresh().decided_at) == ("approved", NOON)
    assert _trail(asked) == ["request_opened", "vote_cast", "vote_cast", "request_approved"]


def test_a_vote_keeps_what_it_was_cast_on(asked: Asked, people: People) -> None:
    asked.vote(people.checker, page_opened_at=NOON - timedelta(minutes=3))
    vote = Vote.objects.get()
    assert (vote.operator, vote.role, vote.role_held_since, vote.voted_at) == ("checker", "approver", LONG_HELD, NOON)
    assert (bytes(vote.digest), vote.revision, vote.page_opened_at) == (bytes(asked.request.digest), 1, NOON - timedelta(minutes=3))


def test_one_rejection_is_final_whoever_approved_before(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    outcome = asked.vote(people.second_checker, "reject", reason="wrong beneficiary")
    assert (outcome.status, outcome.is_final) == ("rejected", True)
    _refused(asked, NotPending, lambda: asked.vote(people.outsider))
    event = AuditEvent.objects.get(type="approvals.request_rejected")
    assert (event.reason, event.person_id, event.actor_id) == ("wrong beneficiary", people.second_checker.id, "second_checker")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_rejection_needs_a_reason(asked: Asked, people: People, reason: str) -> None:
    _refused(asked, ReasonMissing, lambda: asked.vote(people.checker, "reject", reason=reason))


def test_the_maker_may_not_decide(asked: Asked, people: People) -> None:
    _refused(asked, MakerMayNotDecide, lambda: asked.vote(people.maker))


def test_the_maker_may_not_decide_through_a_second_account(asked: Asked, people: People) -> None:
    _refused(asked, MakerMayNotDecide, lambda: asked.vote(people.maker, operator="maker_again"))


def test_each_of_several_makers_is_a_maker(people: People) -> None:
    asked = ask(people, makers=[people.maker.id, people.checker.id, people.maker.id])
    assert asked.request.makers.count() == 2
    _refused(asked, MakerMayNotDecide, lambda: asked.vote(people.checker))


def test_whoever_joins_the_makers_may_not_decide_any_more(asked: Asked, people: People) -> None:
    add_maker(request_id=asked.request.id, person_id=people.checker.id)
    add_maker(request_id=asked.request.id, person_id=people.checker.id)
    assert _trail(asked) == ["request_opened", "maker_joined"]
    _refused(asked, MakerMayNotDecide, lambda: asked.vote(people.checker))


def test_one_person_is_one_vote_through_any_account(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    _refused(asked, AlreadyVoted, lambda: asked.vote(people.checker))
    _refused(asked, AlreadyVoted, lambda: asked.vote(people.checker, operator="checker_again"))


def test_a_vote_needs_the_role(asked: Asked, people: People) -> None:
    _refused(asked, RoleMissing, lambda: asked.vote(people.checker, roles={"viewer": LONG_HELD}))
    _refused(asked, RoleMissing, lambda: asked.vote(people.checker, roles={}))


def test_a_role_gained_after_the_request_was_made_does_not_count(asked: Asked, people: People) -> None:
    _refused(asked, RoleTooNew, lambda: asked.vote(people.checker, roles={"approver": NOON + timedelta(microseconds=1)}))
    assert asked.vote(people.checker, roles={"approver": NOON}).collected == 1


@pytest.mark.parametrize("change", [{"digest": bytes(32)}, {"digest": b""}, {"revision": 2}])
def test_a_vote_on_another_page_is_refused(asked: Asked, people: People, change: dict[str, Any]) -> None:
    _refused(asked, StalePayload, lambda: asked.vote(people.checker, **change))


def test_an_inactive_person_has_no_vote(asked: Asked, people: People) -> None:
    deactivate_person(person_id=people.checker.id, reason="left")
    _refused(asked, PersonInactive, lambda: asked.vote(people.checker))


def test_the_vote_of_somebody_who_has_left_no_longer_counts(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    deactivate_person(person_id=people.checker.id, reason="left")
    assert asked.vote(people.second_checker).status == "pending"
    assert asked.vote(people.outsider).status == "approved"


def test_time_runs_out(asked: Asked, people: People, moment: Clock) -> None:
    moment.advance(hours=4)
    _refused(asked, RequestExpired, lambda: asked.vote(people.checker))


@pytest.mark.parametrize(
    "actor",
    [
        Actor.system("worker"),
        Actor(ActorType.API_CLIENT, "checker", person_id=new_id()),
        Actor(ActorType.OPERATOR, "checker", person_id=new_id()),
        Actor(ActorType.OPERATOR, "checker"),
    ],
)
def test_nobody_casts_the_vote_of_somebody_else(asked: Asked, people: People, actor: Actor) -> None:
    """Each stands in for the checker: `acting_as` is replaced by the actor that really acts."""
    from approvals.commands import cast_vote

    with context.bind(actor):
        _refused(
            asked,
            NotYourVote,
            lambda: cast_vote(
                request_id=asked.request.id,
                person_id=people.checker.id,
                operator="checker",
                roles={"approver": LONG_HELD},
                decision="approve",
                digest=bytes(asked.request.digest),
                revision=1,
            ),
        )


def test_the_account_of_the_vote_is_the_one_that_acts(asked: Asked, people: People) -> None:
    from approvals.commands import cast_vote

    with acting_as(people.checker), pytest.raises(NotYourVote):
        cast_vote(
            request_id=asked.request.id,
            person_id=people.checker.id,
            operator="somebody_else",
            roles={"approver": LONG_HELD},
            decision="approve",
            digest=bytes(asked.request.digest),
            revision=1,
        )


def test_a_request_that_nobody_has_asked_cannot_be_decided(asked: Asked, people: People) -> None:
    with pytest.raises(Unknown):
        asked.vote(people.checker, request_id=new_id())


def test_a_subject_is_asked_about_once_at_a_time(asked: Asked, people: People) -> None:
    _refused(asked, RequestAlreadyPending, lambda: ask(people))
    assert ApprovalRequest.objects.count() == 1


def test_asking_again_is_a_new_revision_with_no_votes(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    dismiss(asked.request.id, "the quote left the bounds")
    again = ask(people, payload={"amount": "1000000", "to": "0xdef"})
    assert (again.request.revision, again.request.votes.count()) == (2, 0)
    # The page of the first revision cannot vote on the second.
    _refused(again, StalePayload, lambda: again.vote(people.checker, digest=bytes(asked.request.digest), revision=1))
    assert again.vote(people.checker).collected == 1


def test_a_person_must_have_made_it(people: People) -> None:
    with acting_as(people.maker), pytest.raises(MakerMissing):
        ask(people, makers=[])
    with pytest.raises(Unknown):
        ask(people, makers=[new_id()])
    assert ApprovalRequest.objects.count() == 0


def test_the_system_may_ask_on_its_own(people: People) -> None:
    asked = ask(people, makers=[], quorum=1)
    assert asked.vote(people.maker).status == "approved"


def test_a_payload_without_a_single_spelling_is_not_asked_about(people: People) -> None:
    with pytest.raises(PayloadNotCanonical):
        ask(people, payload={"amount": 0.1})
    assert ApprovalRequest.objects.count() == 0


@pytest.mark.parametrize(("end", "status"), [(withdraw, "withdrawn"), (dismiss, "dismissed")])
def test_an_ended_request_stays_ended(asked: Asked, people: People, end: Callable[..., Any], status: str) -> None:
    asked.vote(people.checker)
    end(asked.request.id, "no longer wanted")
    assert (asked.fresh().status, asked.fresh().closing_reason, asked.fresh().decided_at) == (status, "no longer wanted", NOON)
    assert _trail(asked) == ["request_opened", "vote_cast", f"request_{status}"]
    for again in (withdraw, dismiss, expire_request):
        _refused(asked, NotPending, lambda again=again: again(asked.request.id, "again"))  # type: ignore[misc]
    _refused(asked, NotPending, lambda: asked.vote(people.second_checker))
    _refused(asked, NotPending, lambda: add_maker(request_id=asked.request.id, person_id=people.outsider.id))


def test_a_request_expires_when_its_time_is_up_and_not_before(asked: Asked, moment: Clock) -> None:
    moment.advance(hours=3, minutes=59)
    _refused(asked, NotExpired, lambda: expire_request(asked.request.id))
    moment.advance(minutes=1)
    expire_request(asked.request.id)
    assert (asked.fresh().status, asked.fresh().closing_reason) == ("expired", "Nobody decided in time.")


@pytest.fixture
def approved(asked: Asked, people: People) -> Asked:
    asked.vote(people.checker)
    asked.vote(people.second_checker)
    return asked


def test_an_approval_is_used_once(approved: Asked) -> None:
    digest = bytes(approved.request.digest)
    mark_executed(approved.request.id, digest)
    assert approved.fresh().executed_at == NOON
    _refused(approved, AlreadyExecuted, lambda: mark_executed(approved.request.id, digest))
    assert _trail(approved)[-1] == "request_executed"


def test_only_what_was_approved_is_executed(approved: Asked) -> None:
    _refused(approved, StalePayload, lambda: mark_executed(approved.request.id, bytes(32)))
    assert approved.fresh().executed_at is None


def test_what_is_not_approved_is_not_executed(asked: Asked, people: People) -> None:
    _refused(asked, NotApproved, lambda: mark_executed(asked.request.id, bytes(asked.request.digest)))
    asked.vote(people.checker, "reject")
    _refused(asked, NotApproved, lambda: mark_executed(asked.request.id, bytes(asked.request.digest)))


def test_an_approval_falls_with_the_person_behind_it(approved: Asked, people: People) -> None:
    deactivate_person(person_id=people.checker.id, reason="account was taken over")
    with pytest.raises(IntegrityError, match="what is executed is what was approved"):
        mark_executed(approved.request.id, bytes(approved.request.digest))
