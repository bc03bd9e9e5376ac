"""Real connections, real commits, the same moment: one outcome each time."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from approvals.commands import (
    add_destination,
    check_halts,
    consume_limits,
    create_client,
    deactivate_person,
    give_back_limits,
    mark_executed,
    open_request,
    place_halt,
    publish_policy_set,
    set_limit,
    withdraw,
)
from approvals.errors import (
    AlreadyExecuted,
    AlreadyHalted,
    AlreadyVoted,
    Halted,
    LimitExceeded,
    NotPending,
    PersonInactive,
    PolicySetExists,
    RequestAlreadyPending,
)
from approvals.models import ApprovalRequest, Destination, Halt, LimitBucket, LimitUse, PolicySet, Vote
from approvals.queries import limit_drift
from approvals.registry import VoteOutcome
from audit import clock, context
from audit.models import AuditEvent
from tests.approvals.conftest import NOON, SYSTEM, Asked, People, ask, at_once, make_people, register_usdc

pytestmark = pytest.mark.usefixtures("committing")

# A race that is lost one time in four is still found.
ROUNDS = range(4)


@pytest.fixture
def crowd(committing: None) -> People:
    return make_people()


def _statuses(results: list[Any]) -> list[str]:
    return sorted(result.status if isinstance(result, VoteOutcome) else type(result).__name__ for result in results)


def _finals(asked: Asked) -> int:
    ends = ["approvals.request_approved", "approvals.request_rejected"]
    return AuditEvent.objects.filter(type__in=ends, resource_id=str(asked.request.id)).count()


def _votes(asked: Asked) -> int:
    return Vote.objects.filter(request=asked.request).count()


def test_two_approvers_at_once_are_a_quorum_of_two_once(crowd: People) -> None:
    for round_ in ROUNDS:
        asked = ask(crowd, subject_id=f"thing-{round_}")
        results = at_once(*[lambda asked=asked, who=who: asked.vote(who) for who in (crowd.checker, crowd.second_checker)])
        assert _statuses(results) == ["approved", "pending"]
        assert sorted(result.collected for result in results) == [1, 2]
        assert (asked.fresh().status, _votes(asked), _finals(asked)) == ("approved", 2, 1)


def test_one_person_in_two_tabs_is_one_vote(crowd: People) -> None:
    for round_ in ROUNDS:
        asked = ask(crowd, subject_id=f"thing-{round_}")
        tabs = ("checker", "checker", "checker_again")
        results = at_once(*[lambda asked=asked, tab=tab: asked.vote(crowd.checker, operator=tab) for tab in tabs])
        assert _statuses(results) == [AlreadyVoted.__name__, AlreadyVoted.__name__, "pending"]
        assert (asked.fresh().status, _votes(asked)) == ("pending", 1)


def test_approve_and_reject_at_once_end_in_one_way(crowd: People) -> None:
    for round_ in ROUNDS:
        asked = ask(crowd, quorum=1, subject_id=f"thing-{round_}")
        ballots = ((crowd.checker, "approve"), (crowd.second_checker, "reject"))
        results = at_once(*[lambda asked=asked, ballot=ballot: asked.vote(*ballot) for ballot in ballots])
        status = asked.fresh().status
        assert _statuses(results) == sorted([status, NotPending.__name__])
        assert (status in ("approved", "rejected"), _votes(asked), _finals(asked)) == (True, 1, 1)


def test_a_rejection_beside_the_last_approvals_ends_in_one_way(crowd: People) -> None:
    asked = ask(crowd)
    asked.vote(crowd.checker)
    at_once(lambda: asked.vote(crowd.second_checker), lambda: asked.vote(crowd.outsider, "reject"))
    assert (asked.fresh().status in ("approved", "rejected"), _finals(asked)) == (True, 1)


def test_a_withdrawal_and_the_last_vote_end_in_one_way(crowd: People) -> None:
    asked = ask(crowd, quorum=1)
    results = at_once(lambda: asked.vote(crowd.checker), lambda: withdraw(asked.request.id, "no longer wanted"))
    assert sum(isinstance(result, NotPending) for result in results) == 1
    assert asked.fresh().status in ("approved", "withdrawn")


def test_whoever_is_deactivated_at_the_same_moment_votes_before_or_not_at_all(crowd: People) -> None:
    asked = ask(crowd, quorum=1)
    result, _ = at_once(lambda: asked.vote(crowd.checker), lambda: deactivate_person(person_id=crowd.checker.id, reason="left"))
    assert isinstance(result, PersonInactive) == (asked.fresh().status == "pending")


def test_an_approval_is_used_once_by_two_executors(crowd: People) -> None:
    asked = ask(crowd, quorum=1)
    asked.vote(crowd.checker)
    digest = bytes(asked.request.digest)
    results = at_once(*[lambda: mark_executed(asked.request.id, digest)] * 4)
    assert sorted(type(result).__name__ for result in results) == [AlreadyExecuted.__name__] * 3 + [ApprovalRequest.__name__]


def test_a_subject_is_asked_about_once_by_two_askers(crowd: People) -> None:
    results = at_once(*[lambda: ask(crowd)] * 4)
    assert sum(isinstance(result, RequestAlreadyPending) for result in results) == 3
    assert (ApprovalRequest.objects.count(), AuditEvent.objects.filter(type="approvals.request_opened").count()) == (1, 1)


@pytest.fixture
def usdc_id(committing: None) -> str:
    return register_usdc()


def _consume(asset_id: str, amount: int, subject_id: str) -> None:
    consume_limits(client_id="acme", corridor_id="", asset_id=asset_id, amount=amount, subject_id=subject_id)


def test_sixteen_movements_against_a_limit_for_ten_leave_ten(usdc_id: str) -> None:
    set_limit(asset_id=usdc_id, window="day", amount=100)
    set_limit(asset_id=usdc_id, window="day", amount=1000, client_id="acme")
    results = at_once(*[lambda n=n: _consume(usdc_id, 10, f"t-{n}") for n in range(16)])
    assert [type(result) for result in results if result is not None] == [LimitExceeded] * 6
    assert sorted(LimitBucket.objects.values_list("used", flat=True)) == [100, 100]
    assert (LimitUse.objects.count(), limit_drift()) == (20, [])


def test_one_subject_many_times_at_once_counts_once(usdc_id: str) -> None:
    set_limit(asset_id=usdc_id, window="day", amount=100)
    assert at_once(*[lambda: _consume(usdc_id, 10, "t-1")] * 6) == [None] * 6
    assert (LimitBucket.objects.get().used, LimitUse.objects.count()) == (10, 1)


def test_a_share_many_times_at_once_is_given_back_once(usdc_id: str) -> None:
    set_limit(asset_id=usdc_id, window="day", amount=100)
    _consume(usdc_id, 10, "t-1")
    _consume(usdc_id, 30, "t-2")
    assert sorted(at_once(*[lambda: give_back_limits("t-1")] * 6)) == [0, 0, 0, 0, 0, 1]
    assert (LimitBucket.objects.get().used, limit_drift()) == (30, [])


def _in_background(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    result: list[Any] = []

    def run() -> None:
        try:
            with clock.using(lambda: NOON), context.bind(SYSTEM):
                result.append(call())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            result.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, result


def _wait_until_blocked(count: int) -> None:
    """Until PostgreSQL itself says that `count` of our sessions wait for a lock."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Inside a transaction the statistics are a snapshot of its first look.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            if cursor.fetchone()[0] == count:
                return
        time.sleep(0.02)
    raise AssertionError(f"{count} sessions should be waiting for a lock by now")


def _step() -> None:
    with transaction.atomic():
        check_halts(client_id="acme")


def test_a_halt_waits_for_the_step_under_way_and_every_later_step_sees_it(committing: None) -> None:
    with transaction.atomic():
        check_halts(client_id="acme")
        halting, placed = _in_background(lambda: place_halt(scope="system", target="", reason="drill"))
        _wait_until_blocked(1)
        # A step that starts while the halt waits does not overtake it.
        later, refused = _in_background(_step)
        _wait_until_blocked(2)
        assert (placed, refused, Halt.objects.count()) == ([], [], 0)
        check_halts(client_id="acme")
    halting.join(timeout=20)
    later.join(timeout=20)
    assert isinstance(placed[0], Halt)
    assert isinstance(refused[0], Halted)
    with pytest.raises(Halted):
        _step()


def test_steps_do_not_wait_for_each_other(committing: None) -> None:
    with transaction.atomic():
        check_halts(client_id="acme")
        other, result = _in_background(_step)
        other.join(timeout=20)
        assert result == [None]


def test_a_halt_gets_through_traffic_that_never_pauses(committing: None) -> None:
    """Overlapping steps hold the gate shared without a gap; the halt must still get its turn."""
    stopped = threading.Event()

    def traffic() -> int:
        steps = 0
        while not stopped.is_set():
            with transaction.atomic():
                check_halts(client_id="acme")
                time.sleep(0.03)
            steps += 1
        return steps

    crew = [_in_background(traffic) for _ in range(4)]
    try:
        time.sleep(0.3)
        began = time.monotonic()
        place_halt(scope="system", target="", reason="drill")
        waited = time.monotonic() - began
        for thread, _ in crew:
            thread.join(timeout=20)
    finally:
        stopped.set()
    assert waited < 2
    assert [type(result[0]) for _, result in crew] == [Halted] * 4


def test_the_same_stop_by_two_people_at_once_is_one_halt(committing: None) -> None:
    results = at_once(*[lambda: place_halt(scope="client", target="acme", reason="drill")] * 3)
    assert sorted(type(result).__name__ for result in results) == [AlreadyHalted.__name__] * 2 + [Halt.__name__]


def test_two_policies_published_at_once_leave_one_active(committing: None) -> None:
    rules: list[list[dict[str, Any]]] = [
        [{"code": code, "title": code, "criteria": {}, "outcome": "allow"}] for code in ("one", "two")
    ]
    results = at_once(
        lambda: publish_policy_set(version=1, rules=rules[0]),
        lambda: publish_policy_set(version=1, rules=rules[1]),
        lambda: publish_policy_set(version=2, rules=rules[0]),
    )
    assert sum(isinstance(result, PolicySetExists) for result in results) == 1
    assert sorted(PolicySet.objects.values_list("status", flat=True)) == ["active", "retired"]


def test_one_destination_added_at_once_is_one_row(committing: None) -> None:
    create_client(client_id="acme", name="Acme")
    address = {"type": "crypto_address", "network": "ethereum", "address": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"}
    results = at_once(
        *[
            lambda: add_destination(
                client_id="acme", kind="crypto_address", details=address, label="x", cooling_off=timedelta(hours=1)
            )
        ]
        * 4
    )
    assert len({result.id for result in results}) == 1
    assert (Destination.objects.count(), AuditEvent.objects.filter(type="approvals.destination_added").count()) == (1, 1)


def test_a_request_and_its_votes_survive_a_commit(crowd: People) -> None:
    """Deferred foreign keys and constraint triggers have their say at commit only: nothing else here would notice."""
    request = open_request(
        action="test.act",
        subject_type="thing",
        subject_id="x",
        client_id="",
        title="Do it",
        payload={},
        quorum=1,
        role="approver",
        expires_at=NOON + timedelta(hours=1),
        makers=[crowd.maker.id],
    )
    connection.close()
    assert ApprovalRequest.objects.get().id == request.id
