"""One effect per key: replays, reuse, refusals, failures in between."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import override_settings

from approvals.commands import add_destination, create_client, place_halt
from audit import clock
from audit.models import AuditEvent
from audit.retention import due, policy
from tests.transfers.api.conftest import Caller, key_for, problem, wanted
from tests.transfers.world import ACCOUNT, BANK_ACCOUNT, Books, World
from transfers.api.views import transfers as views
from transfers.commands import create
from transfers.errors import Unavailable
from transfers.models import IdempotencyKey, Transfer
from transfers.rails import registry


def test_the_same_key_and_body_again_gives_the_stored_answer(acme: Caller) -> None:
    first = acme.create(key="order-1", reference="seven")
    before = Books.now()
    second = acme.create(key="order-1", reference="seven")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert Books.now() == before
    assert Transfer.objects.count() == 1


def test_the_stored_answer_stays_while_the_transfer_goes_on(acme: Caller) -> None:
    first = acme.create(key="order-1")
    acme.cancel(first.json()["transaction_id"])
    assert Transfer.objects.get().status == "CANCELLED"
    assert acme.create(key="order-1").json() == first.json()


def test_white_space_and_the_order_of_fields_do_not_make_another_body(acme: Caller) -> None:
    body = wanted()
    turned = "{ " + ", ".join(f'"{k}" :  {json.dumps(v)}' for k, v in reversed(body.items())) + " }"
    first = acme.create(key="order-1")
    second = acme.send("POST", "/v1/transfers", turned.encode(), Idempotency_Key="order-1")
    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()


def test_the_same_key_with_another_body_is_refused(acme: Caller) -> None:
    acme.create(key="order-1")
    before = Books.now()
    response = acme.create(key="order-1", amount="100.01")
    assert response.status_code == 422
    assert problem(response)["code"] == "idempotency_key_reused"
    assert "Idempotent-Replayed" not in response
    assert Books.now() == before


@pytest.mark.parametrize("changes", [{"amount": 5}, {"amount": "1000001"}, {"destination": "0x" + "cd" * 20}])
def test_a_refusal_is_replayed_with_its_status(acme: Caller, changes: dict[str, Any]) -> None:
    first = acme.create(key="order-1", **changes)
    before, audited = Books.now(), AuditEvent.objects.count()
    second = acme.create(key="order-1", **changes)

    assert (first.status_code, second.status_code) == (422, 422)
    assert second["Content-Type"] == "application/problem+json"
    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()
    assert second.json()["request_id"] == first["Request-Id"] != second["Request-Id"]
    assert Books.now() == before
    assert AuditEvent.objects.count() == audited


def test_a_refusal_stays_even_when_its_cause_is_gone(acme: Caller) -> None:
    new = {"type": "crypto_address", "network": "ethereum", "address": "0x" + "ef" * 20}
    first = acme.create(key="order-1", destination=new)
    assert problem(first)["code"] == "invalid_destination"
    add_destination(client_id="acme", kind="crypto_address", details=new, label="New", cooling_off=timedelta(0))
    assert acme.create(key="order-1", destination=new).json() == first.json()
    assert acme.create(key="order-2", destination=new).status_code == 201


@pytest.mark.parametrize(
    ("scope", "target", "code"),
    [("system", "", "system_halted"), ("corridor", "US-ETH", "corridor_halted"), ("account", ACCOUNT, "account_frozen")],
)
def test_a_halt_is_a_refusal(acme: Caller, scope: str, target: str, code: str) -> None:
    place_halt(scope=scope, target=target, reason="drill")
    before = Books.now()
    response = acme.create()
    assert response.status_code == 422
    assert problem(response)["code"] == code
    assert Books.now() == before


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("the desk is away"), 503, "temporarily_unavailable"),
        (OperationalError("server closed the connection"), 503, "temporarily_unavailable"),
        (RuntimeError("a bug"), 500, "internal_error"),
    ],
)
def test_a_failure_is_not_stored(acme: Caller, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str) -> None:
    before = Books.now()
    # The last step of making a transfer breaks, after everything else was written. One that waits for people takes the long way.
    with monkeypatch.context() as patch:
        patch.setattr(create, "wake_after_commit", _raising(error))
        response = acme.create(key="order-1", amount="5000.00")
    assert response.status_code == status
    refusal = problem(response)
    assert refusal["code"] == code
    assert str(error) not in response.content.decode()
    assert Books.now() == before
    assert IdempotencyKey.objects.count() == 0

    again = acme.create(key="order-1", amount="5000.00")
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again
    assert Transfer.objects.count() == 1


_BREAKS = """
    CREATE FUNCTION pg_temp.breaks() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'a bug' USING ERRCODE = %s; END $$;
    CREATE TRIGGER breaks BEFORE UPDATE ON ledger_balance FOR EACH ROW EXECUTE FUNCTION pg_temp.breaks();
"""


@pytest.mark.parametrize(
    ("sqlstate", "status", "code"), [("57014", 503, "temporarily_unavailable"), ("XX000", 500, "internal_error")]
)
def test_a_failure_in_the_one_statement_leaves_nothing(acme: Caller, sqlstate: str, status: int, code: str) -> None:
    """The hold is its last step; everything else was written."""
    before = Books.now()
    with connection.cursor() as cursor:
        cursor.execute(_BREAKS, [sqlstate])
    response = acme.create(key="order-1")
    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert Books.now() == before
    assert IdempotencyKey.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER breaks ON ledger_balance")
    assert acme.create(key="order-1").status_code == 201


def _raising(error: Exception) -> Any:
    def raise_it(*_: Any) -> None:
        raise error

    return raise_it


def test_a_desk_that_does_not_answer_is_a_failure_and_no_refusal(acme: Caller) -> None:
    known = registry.rails().settings
    registry.configure(replace(known, chain_rpc_url="http://127.0.0.1:9/", desk_url="http://127.0.0.1:9/"))
    try:
        response = acme.create(key="order-1", target_currency="MXN", destination=BANK_ACCOUNT)
    finally:
        registry.configure(known)
    assert response.status_code == 503
    assert problem(response)["code"] == "temporarily_unavailable"
    assert response["Retry-After"] == "5"
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize("header", [None, ""])
def test_a_key_is_needed(acme: Caller, header: str | None) -> None:
    headers = {} if header is None else {"Idempotency_Key": header}
    response = acme.send("POST", "/v1/transfers", wanted(), **headers)
    assert response.status_code == 400
    assert problem(response)["code"] == "idempotency_key_missing"
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize("header", ["x" * 256, "caf\u00e9", "a\tb", "a\x7fb"])
def test_a_key_is_printable_and_of_sane_length(acme: Caller, header: str) -> None:
    response = acme.send("POST", "/v1/transfers", wanted(), Idempotency_Key=header)
    assert response.status_code == 400
    assert problem(response)["code"] == "idempotency_key_invalid"
    assert IdempotencyKey.objects.count() == 0


def test_the_longest_key_works(acme: Caller) -> None:
    assert acme.create(key="~" * 255).status_code == 201


def test_keys_are_each_client_s_own(acme: Caller, world: World) -> None:
    create_client(client_id="globex", name="Globex")
    globex = Caller(key_for(world, client_id="globex"))
    acme.create(key="order-1")
    other = globex.create(key="order-1")
    assert "Idempotent-Replayed" not in other
    assert problem(other)["code"] == "invalid_destination"
    assert sorted(IdempotencyKey.objects.values_list("client_id", flat=True)) == ["acme", "globex"]


def test_a_dropped_answer_never_opens_the_door_again(acme: Caller) -> None:
    first = acme.create(key="order-1")
    acme.create(key="order-2", amount="1000001")
    with clock.using(lambda: datetime.now(UTC) + timedelta(days=80)):
        call_command("drop_answers", "--reason", "nothing is old enough", stdout=StringIO())
    assert not IdempotencyKey.objects.filter(response_body=None).exists()
    with clock.using(lambda: datetime.now(UTC) + timedelta(days=100)):
        call_command("drop_answers", "--reason", "the policy", stdout=StringIO())
        assert list(due(next(kept for kept in policy({}) if kept.name == "api_responses"), clock.now())) == []
    assert not IdempotencyKey.objects.exclude(response_body=None).exists()
    assert AuditEvent.objects.get(type="idempotency.answers_dropped").metadata["count"] == 2
    before = Books.now()

    made = acme.create(key="order-1")
    assert (made.status_code, made["Idempotent-Replayed"]) == (201, "true")
    assert made.json()["transaction_id"] == first.json()["transaction_id"]
    refused = acme.create(key="order-2", amount="1000001")
    assert (refused.status_code, problem(refused)["code"]) == (422, "idempotency_response_dropped")
    assert Books.now() == before


@override_settings(DEBUG=True)
def test_debug_shows_the_client_no_more(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "create_at_once", _raising(RuntimeError("secret detail")))
    response = acme.create()
    assert response.status_code == 500
    assert "secret detail" not in response.content.decode()
    assert problem(response)["code"] == "internal_error"
