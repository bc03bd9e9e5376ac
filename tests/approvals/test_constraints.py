"""What somebody with SQL, and the rights of the tables' owner, cannot do to requests and votes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.commands import mark_executed
from approvals.errors import PayloadTampered
from approvals.models import RequestMaker, Vote
from approvals.queries import view_request
from audit.identity import new_id
from tests.approvals.conftest import LONG_HELD, NOON, Asked, Clock, People, ask

pytestmark = pytest.mark.django_db


@contextmanager
def refused(words: str) -> Iterator[None]:
    """PostgreSQL refuses, and says this about it. Deferred foreign keys are checked first: it would not truncate before that
    anyway."""
    check_deferred()
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        yield


def check_deferred() -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def run(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def insert_vote(asked: Asked, person_id: Any, **changes: Any) -> None:
    values = {
        "id": new_id(),
        "request_id": asked.request.id,
        "revision": asked.request.revision,
        "digest": bytes(asked.request.digest),
        "person_id": person_id,
        "operator": "psql",
        "role": "approver",
        "role_held_since": LONG_HELD,
        "decision": "approve",
        "reason": "",
        "voted_at": NOON,
    } | changes
    run(f"INSERT INTO approvals_vote ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})", *values.values())


def test_the_statement_of_these_attacks_works_when_it_is_honest(asked: Asked, people: People) -> None:
    insert_vote(asked, people.checker.id)
    assert Vote.objects.count() == 1


def test_a_vote_by_the_maker(asked: Asked, people: People) -> None:
    with refused("nobody decides what they made"):
        insert_vote(asked, people.maker.id)


def test_a_second_vote_of_one_person(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    with refused("approvals_vote_once_per_person"):
        insert_vote(asked, people.checker.id)


@pytest.mark.parametrize("change", [{"digest": hashlib.sha256(b"else").digest()}, {"revision": 2}])
def test_a_vote_on_other_bytes(asked: Asked, people: People, change: dict[str, Any]) -> None:
    with refused("a vote is on exactly the stored bytes"):
        insert_vote(asked, people.checker.id, **change)


def test_a_vote_in_another_role_or_one_gained_later(asked: Asked, people: People) -> None:
    with refused("a vote needs the role"):
        insert_vote(asked, people.checker.id, role="viewer")
    with refused("a vote needs the role"):
        insert_vote(asked, people.checker.id, role_held_since=NOON.replace(second=1))


def test_a_vote_outside_the_time_of_the_request(asked: Asked, people: People) -> None:
    for moment in (asked.request.expires_at, NOON.replace(hour=11)):
        with refused("a vote is cast while the request is open"):
            insert_vote(asked, people.checker.id, voted_at=moment)


def test_a_vote_of_somebody_inactive_or_unknown(asked: Asked, people: People) -> None:
    run("UPDATE approvals_person SET active = false WHERE id = %s", people.checker.id)
    for person_id in (people.checker.id, new_id()):
        with refused("only active people vote"):
            insert_vote(asked, person_id)


def test_a_vote_on_a_decided_or_unknown_request(asked: Asked, people: People) -> None:
    asked.vote(people.checker, "reject")
    with refused("votes are cast on pending requests"):
        insert_vote(asked, people.second_checker.id)
    with refused("votes are cast on pending requests"):
        insert_vote(asked, people.second_checker.id, request_id=new_id())


def test_a_rejection_without_a_reason(asked: Asked, people: People) -> None:
    with refused("approvals_vote_rejection_has_reason"):
        insert_vote(asked, people.checker.id, decision="reject")


@pytest.mark.parametrize("table", ["vote", "requestmaker"])
@pytest.mark.parametrize("attack", ["UPDATE approvals_{} SET id = id", "DELETE FROM approvals_{}", "TRUNCATE approvals_{} CASCADE"])
def test_votes_and_makers_stay(asked: Asked, people: People, table: str, attack: str) -> None:
    asked.vote(people.checker)
    with refused("keeps its history"):
        run(attack.format(table))
    assert (Vote.objects.count(), RequestMaker.objects.count()) == (1, 1)


@pytest.mark.parametrize("attack", ["DELETE FROM approvals_approvalrequest", "TRUNCATE approvals_approvalrequest CASCADE"])
def test_requests_stay(asked: Asked, attack: str) -> None:
    with refused("keeps its history"):
        run(attack)


@pytest.mark.parametrize(
    "change",
    [
        "payload = '{}', digest = sha256('{}')",
        "payload = '{}'",
        "digest = sha256('{}')",
        "quorum = 1",
        "role = 'viewer'",
        "revision = 2",
        "expires_at = expires_at + interval '1 day'",
        "made_at = made_at + interval '1 hour'",
        "subject_id = 'other'",
        "action = 'other'",
        "client_id = 'other'",
        "title = 'other'",
    ],
)
@pytest.mark.parametrize("is_decided", [False, True])
def test_what_was_asked_never_changes(asked: Asked, people: People, change: str, is_decided: bool) -> None:
    if is_decided:
        asked.vote(people.checker, "reject")
    with refused("approvals_request_|what a request asks for never changes"):
        run(f"UPDATE approvals_approvalrequest SET {change} WHERE id = %s", asked.request.id)


def test_a_guard_holds_under_the_replica_role(asked: Asked, people: People) -> None:
    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        with refused("what a request asks for never changes"):
            run("UPDATE approvals_approvalrequest SET quorum = 1")
        with refused("nobody decides what they made"):
            insert_vote(asked, people.maker.id)


def test_a_digest_that_is_not_of_the_payload(asked: Asked) -> None:
    columns = "action, subject_type, client_id, title, revision, quorum, role, correlation_id, made_at, expires_at, closing_reason"
    with refused("approvals_request_digest_is_of_payload"):
        run(
            f"INSERT INTO approvals_approvalrequest (id, reference, subject_id, payload, digest, status, {columns})"
            f" SELECT gen_random_uuid(), 'other', 'other', '{{}}', digest, 'pending', {columns} FROM approvals_approvalrequest"
        )


def _decide(asked: Asked, status: str, moment: str = "made_at + interval '1 minute'") -> int:
    return run(f"UPDATE approvals_approvalrequest SET status = %s, decided_at = {moment} WHERE id = %s", status, asked.request.id)


def test_a_bare_update_cannot_approve(asked: Asked, people: People) -> None:
    with refused("approved needs the quorum of valid votes"):
        _decide(asked, "approved")
    insert_vote(asked, people.checker.id)
    with refused("approved needs the quorum of valid votes"):
        _decide(asked, "approved")
    insert_vote(asked, people.second_checker.id)
    assert _decide(asked, "approved") == 1


def test_votes_of_people_who_have_left_approve_nothing(asked: Asked, people: People) -> None:
    insert_vote(asked, people.checker.id)
    insert_vote(asked, people.second_checker.id)
    run("UPDATE approvals_person SET active = false WHERE id = %s", people.checker.id)
    with refused("approved needs the quorum of valid votes"):
        _decide(asked, "approved")


def test_a_rejection_cannot_be_outvoted(asked: Asked, people: People) -> None:
    insert_vote(asked, people.outsider.id, decision="reject", reason="no")
    insert_vote(asked, people.checker.id)
    insert_vote(asked, people.second_checker.id)
    with refused("one rejection is final"):
        _decide(asked, "approved")
    assert _decide(asked, "rejected") == 1


def test_nobody_rejects_without_a_vote(asked: Asked) -> None:
    with refused("only a rejection rejects"):
        _decide(asked, "rejected")


def test_an_approval_after_its_time(asked: Asked, people: People) -> None:
    insert_vote(asked, people.checker.id)
    insert_vote(asked, people.second_checker.id)
    with refused("approved before it expires"):
        _decide(asked, "approved", "expires_at")


def test_an_expiry_before_its_time(asked: Asked) -> None:
    with refused("a request expires when its time is up"):
        _decide(asked, "expired")


@pytest.mark.parametrize("status", ["pending", "approved", "expired", "withdrawn", "dismissed"])
def test_a_decided_request_stays_decided(asked: Asked, people: People, status: str) -> None:
    asked.vote(people.checker, "reject")
    with refused("stays as it was decided|approvals_request_decided_when_final"):
        run("UPDATE approvals_approvalrequest SET status = %s WHERE id = %s", status, asked.request.id)


def test_a_request_cannot_be_born_approved(asked: Asked) -> None:
    columns = (
        "action, subject_type, client_id, title, revision, payload, digest, quorum, role, correlation_id, made_at, expires_at, "
        "closing_reason"
    )
    with refused("a request begins pending"):
        run(
            f"INSERT INTO approvals_approvalrequest (id, reference, subject_id, status, decided_at, {columns})"
            f" SELECT gen_random_uuid(), 'other', 'other', 'approved', made_at, {columns} FROM approvals_approvalrequest"
        )


def test_execution_without_approval_and_twice(asked: Asked, people: People) -> None:
    execute = "UPDATE approvals_approvalrequest SET executed_at = clock_timestamp() WHERE id = %s"
    with refused("approvals_request_executed_only_when_approved"):
        run(execute, asked.request.id)
    asked.vote(people.checker)
    asked.vote(people.second_checker)
    assert run(execute, asked.request.id) == 1
    with refused("an approval is used once"):
        run(execute, asked.request.id)
    with refused("an approval is used once"):
        run("UPDATE approvals_approvalrequest SET executed_at = NULL WHERE id = %s", asked.request.id)


def test_a_voter_cannot_be_made_a_maker_nor_a_maker_be_added_late(asked: Asked, people: People) -> None:
    asked.vote(people.checker)
    insert = "INSERT INTO approvals_requestmaker (request_id, person_id) VALUES (%s, %s)"
    with refused("who has voted cannot become a maker"):
        run(insert, asked.request.id, people.checker.id)
    asked.vote(people.second_checker, "reject")
    with refused("makers are named while the request is pending"):
        run(insert, asked.request.id, people.outsider.id)


@contextmanager
def _superuser_without_triggers() -> Iterator[None]:
    """What only the owner can do: take the guards away, change, and put them back as if nothing had been."""
    table = "approvals_approvalrequest"
    check_deferred()
    run(f"ALTER TABLE {table} DISABLE TRIGGER check_request_change")
    run(f"ALTER TABLE {table} DROP CONSTRAINT approvals_request_digest_is_of_payload")
    yield
    check_deferred()
    run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER check_request_change")


def test_one_changed_byte_behind_the_guards_stops_page_vote_and_execution(people: People, moment: Clock) -> None:
    approved, waiting = ask(people, subject_id="approved", quorum=1), ask(people, subject_id="waiting")
    approved.vote(people.checker)
    with _superuser_without_triggers():
        run("UPDATE approvals_approvalrequest SET payload = overlay(payload placing '\\x39' from 12 for 1)")
    assert bytes(waiting.fresh().payload) == b'{"amount":"9000000","to":"0xabc"}'
    for refused_step in (
        lambda: view_request(waiting.request.id),
        lambda: waiting.vote(people.checker),
        lambda: mark_executed(approved.request.id, bytes(approved.request.digest)),
    ):
        with pytest.raises(PayloadTampered):
            refused_step()
    with refused("a vote is on exactly the stored bytes"):
        insert_vote(waiting, people.checker.id)
    with refused("what is executed is what was approved"):
        run("UPDATE approvals_approvalrequest SET executed_at = now() WHERE id = %s", approved.request.id)
