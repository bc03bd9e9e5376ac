"""What each database role may and may not do on this floor: the commands work as `web`, and nobody has more than they need."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection

from approvals.commands import (
    add_destination,
    authenticate_key,
    block_destination,
    check_halts,
    consume_limits,
    create_client,
    create_corridor,
    deactivate_person,
    decide_policy,
    expire_due,
    give_back_limits,
    issue_api_key,
    place_halt,
    publish_policy_set,
    remove_limit,
    request_lift,
    revoke_api_key,
    set_client_status,
    set_limit,
)
from audit.models import AuditEvent
from tests.approvals.conftest import Clock, People, acting_as, ask, make_people
from tests.approvals.test_constraints import check_deferred, refused, run
from tests.approvals.test_halts import STEP, decide
from tests.approvals.test_parties import ADDRESS, CORRIDOR
from tests.approvals.test_policy import RULES
from tests.approvals.test_policy_evaluate import FACTS

pytestmark = pytest.mark.django_db

AsRole = Callable[[str], AbstractContextManager[None]]


def _is_role(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return bool(cursor.fetchone()[0] == name)


def test_web_can_do_what_the_console_and_the_api_do(usdc: str, database_role: AsRole) -> None:
    with database_role("countersign_web"):
        assert _is_role("countersign_web")
        people = make_people()
        create_client(client_id="acme", name="Acme")
        create_corridor(**CORRIDOR)
        destination = add_destination(client_id="acme", kind="crypto_address", details=ADDRESS, label="x", cooling_off=timedelta(0))
        key, raw = issue_api_key(client_id="acme", name="server", scopes=["transfers:write"], controllers=[people.maker.id])
        publish_policy_set(version=1, rules=RULES)
        publish_policy_set(version=2, rules=RULES)
        decide_policy(subject_type="transfer", subject_id="t-1", facts=FACTS)
        set_limit(asset_id=usdc, window="day", amount=100)
        raised = set_limit(asset_id=usdc, window="day", amount=200)
        consume_limits(client_id="acme", corridor_id="", asset_id=usdc, amount=10, subject_id="t-1")
        check_halts(**STEP)
        asked = ask(people)
        asked.vote(people.checker)
        assert asked.vote(people.second_checker).status == "approved"
        with acting_as(people.outsider):
            halt = place_halt(scope="client", target="acme", reason="drill")
        lift = request_lift(halt_id=halt.id, reason="over", maker=people.maker.id)
        decide(lift, people.checker)
        assert decide(lift, people.second_checker).status == "approved"
        check_halts(**STEP)
        assert authenticate_key(raw, None) == key
        revoke_api_key(key_id=key.id, reason="rotated")
        block_destination(destination_id=destination.id, reason="drill")
        remove_limit(limit_id=raised.id, reason="drill")
        set_client_status(client_id="acme", status="suspended", reason="drill")
        deactivate_person(person_id=people.checker.id, reason="left")
        check_deferred()
    assert AuditEvent.objects.filter(type="approvals.request_approved").count() == 2


def test_the_worker_ends_requests_and_gives_back_but_does_not_vote(
    usdc: str, people: People, moment: Clock, database_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    from approvals import registry
    from approvals.registry import Action, VoteOutcome

    action = Action(
        name="test.act", title="x", check_permission="x", decide=lambda _: VoteOutcome("pending", 0, 1), describe=lambda _: []
    )
    monkeypatch.setitem(registry._actions, "test.act", action)
    set_limit(asset_id=usdc, window="day", amount=100)
    overdue = ask(people, subject_id="overdue")
    moment.advance(hours=4)
    with database_role("countersign_worker"):
        assert _is_role("countersign_worker")
        check_halts(**STEP)
        consume_limits(client_id="acme", corridor_id="", asset_id=usdc, amount=10, subject_id="t-1")
        assert give_back_limits("t-1") == 1
        assert expire_due() == 1
        again = ask(people, subject_id="again")
        place_halt(scope="system", target="", reason="nonce gap")
        check_deferred()
        with refused("permission denied"):
            again.vote(people.checker)
    assert (overdue.fresh().status, again.request.votes.count()) == ("expired", 0)


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker", "countersign_sealer", "countersign_signer"])
@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM approvals_vote",
        "TRUNCATE approvals_vote",
        "UPDATE approvals_vote SET decision = 'approve'",
        "UPDATE approvals_approvalrequest SET quorum = 1",
        "UPDATE approvals_approvalrequest SET payload = '{}'",
        "UPDATE approvals_policyrule SET quorum = 1",
        "UPDATE approvals_policydecision SET outcome = 'allow'",
        "UPDATE approvals_apikey SET secret_hash = sha256('x')",
        "UPDATE approvals_apikey SET scopes = '[]'",
        "UPDATE approvals_halt SET reason = 'x'",
        "DELETE FROM approvals_limituse",
        "DELETE FROM approvals_haltgate",
        "UPDATE approvals_destination SET details = '{}'",
        "UPDATE approvals_historicallimit SET amount = 1",
        "ALTER TABLE approvals_vote DISABLE TRIGGER ALL",
    ],
)
def test_no_role_may_touch_what_was_decided(people: People, database_role: AsRole, role: str, attack: str) -> None:
    with database_role(role), refused("permission denied|must be owner"):
        run(attack)


@pytest.mark.parametrize("role", ["countersign_sealer", "countersign_signer"])
def test_sealer_and_signer_see_nothing_here(people: People, database_role: AsRole, role: str) -> None:
    with database_role(role):
        for statement in ("SELECT FROM approvals_person", "SELECT FROM approvals_apikey", "SELECT approvals_pass_halt_gate()"):
            with refused("permission denied"):
                run(statement)
