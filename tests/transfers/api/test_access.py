"""Keys, scopes, rates, and what every response carries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from approvals.commands import revoke_api_key
from approvals.models import ApiKey
from audit import clock
from audit.models import AuditEvent
from tests.transfers.api.conftest import Caller, key_for, problem, wanted
from tests.transfers.world import Books, World
from transfers.api import urls
from transfers.api.base import ApiView
from transfers.models import IdempotencyKey

CALLS = [
    ("POST", "/v1/transfers", "transfers:write"),
    ("GET", "/v1/transfers", "transfers:read"),
    ("GET", "/v1/transfers/{id}", "transfers:read"),
    ("GET", "/v1/transfers/{id}/events", "transfers:read"),
    ("POST", "/v1/transfers/{id}/cancel", "transfers:write"),
    ("GET", "/v1/incoming_transfers", "transfers:read"),
    ("GET", "/v1/incoming_transfers/{id}", "transfers:read"),
    ("POST", "/v1/bulk_transfers", "transfers:write"),
    ("GET", "/v1/bulk_transfers/{id}", "transfers:read"),
    ("GET", "/v1/bulk_transfers/{id}/lines", "transfers:read"),
    ("GET", "/v1/bulk_transfers/{id}/results", "transfers:read"),
    ("POST", "/v1/bulk_transfers/{id}/cancel", "transfers:write"),
    ("POST", "/v1/card_deposits", "transfers:write"),
    ("GET", "/v1/balances", "balances:read"),
    ("POST", "/v1/quotes", "transfers:write"),
    ("GET", "/v1/deposit_addresses", "balances:read"),
    ("GET", "/v1/events", "transfers:read"),
    ("GET", "/v1/transfers/{id}/receipt", "transfers:read"),
    ("GET", "/v1/webhooks", "webhooks:read"),
    ("POST", "/v1/webhooks", "webhooks:write"),
    ("GET", "/v1/webhooks/{id}", "webhooks:read"),
    ("DELETE", "/v1/webhooks/{id}", "webhooks:write"),
    ("POST", "/v1/webhooks/{id}/rotate_secret", "webhooks:write"),
]
SCOPES = ("transfers:write", "transfers:read", "balances:read", "webhooks:read", "webhooks:write")


@pytest.mark.parametrize("given", SCOPES)
@pytest.mark.parametrize(("method", "path", "needed"), CALLS)
def test_each_endpoint_wants_its_scope(acme: Caller, world: World, given: str, method: str, path: str, needed: str) -> None:
    path = path.format(id=acme.create().json()["transaction_id"])
    before = Books.now()
    response = Caller(key_for(world, given)).send(method, path)
    if given == needed:
        assert response.status_code != 403
        return
    assert (response.status_code, problem(response)["code"]) == (403, "scope_missing")
    # The key that was issued is the one success.
    assert Books.now().successes == before.successes + 1
    refused = AuditEvent.objects.get(type="api.access_refused")
    assert refused.reason == f"{method} {path} needs the scope {needed}"


def test_every_endpoint_is_in_the_table_and_declares_its_rule() -> None:
    callbacks: dict[str, Any] = {f"/v1/{entry.pattern}": entry.callback for entry in urls.urlpatterns}
    views = {path: callback.view_class for path, callback in callbacks.items()}
    declared = {
        (method, re.sub("<str:[a-z_]+>", "{id}", path), scope)
        for path, view in views.items()
        if issubclass(view, ApiView)
        for method, scope in view.scopes.items()
    }
    assert declared == set(CALLS)
    assert all(view.access_rule for view in views.values())
    assert [path for path, view in views.items() if view.access_rule.startswith("public")] == [
        "/v1/receipt_keys",
        "/v1/openapi.json",
    ]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "csk_a_b"])
def test_without_a_key_nobody_enters(acme: Caller, header: str) -> None:
    response = acme.send("GET", "/v1/transfers", Authorization=header)
    assert (response.status_code, problem(response)["code"]) == (401, "authentication_required")
    assert response["WWW-Authenticate"] == 'Bearer realm="countersign"'


def test_wrong_keys_get_one_answer(acme: Caller, world: World) -> None:
    revoked, expired = key_for(world), key_for(world, expires_at=clock.now() + timedelta(hours=1))
    revoke_api_key(key_id=ApiKey.objects.get(prefix=revoked.split("_")[1]).id, reason="test")
    elsewhere = key_for(world, allowed_networks=["10.0.0.0/8"])
    wrong = [acme.key[:-1] + ("a" if acme.key[-1] != "a" else "b"), "csk_nobody_x", "Bearer x" * 100, revoked, elsewhere]
    answers = [Caller(key).get("/v1/transfers") for key in wrong]
    later = clock.now() + timedelta(hours=2)
    with clock.using(lambda: later):
        answers.append(Caller(expired).get("/v1/transfers"))
    assert {answer.status_code for answer in answers} == {401}
    assert {(problem(answer)["code"], problem(answer)["detail"]) for answer in answers} == {
        ("invalid_api_key", "This API key is not accepted.")
    }


def test_a_key_that_is_not_accepted_is_on_the_trail_once_a_minute_and_without_its_secret(acme: Caller, world: World) -> None:
    wrong = f"{acme.key[:-2]}zz"
    for key in (wrong, wrong, "csk_nobody_x", "no key at all"):
        assert Caller(key).get("/v1/transfers").status_code == 401
    told = AuditEvent.objects.filter(type="approvals.api_key_refused").order_by("recorded_at")
    known = ApiKey.objects.get(prefix=acme.key.split("_")[1])
    assert [(one.resource_id, one.actor_id) for one in told] == [
        (str(known.id), known.prefix),
        ("nobody", "nobody"),
        ("unknown", "(no key of ours)"),
    ]
    assert {(one.outcome, one.metadata["address"]) for one in told} == {("refused", "127.0.0.1")}
    assert wrong.rpartition("_")[2] not in str(list(told.values()))


def test_a_session_of_the_console_opens_nothing_here(cast: object, world: World) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.maker)  # type: ignore[attr-defined]
    assert browser.get("/v1/transfers").status_code == 401


@override_settings(API_RATE_PER_SECOND=0.1, API_RATE_BURST=3)
def test_a_key_has_a_rate(acme: Caller, world: World) -> None:
    assert [acme.get("/v1/balances").status_code for _ in range(3)] == [200, 200, 200]
    response = acme.create()
    assert (response.status_code, problem(response)["code"]) == (429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 10
    assert IdempotencyKey.objects.count() == 0
    assert Caller(key_for(world)).get("/v1/balances").status_code == 200


@override_settings(API_RATE_PER_SECOND=1.0, API_RATE_BURST=1)
def test_the_rate_is_one_for_all_processes_and_recovers(acme: Caller) -> None:
    assert acme.get("/v1/balances").status_code == 200
    assert acme.get("/v1/balances").status_code == 429
    with connection.cursor() as cursor:
        # A second later, as the database sees it.
        cursor.execute("UPDATE transfers_api_rate SET drained_at = drained_at - interval '1 second'")
        assert cursor.rowcount == 1
    assert acme.get("/v1/balances").status_code == 200


def test_every_response_is_named(acme: Caller) -> None:
    responses = [
        acme.get("/v1/balances", Correlation_Id="trace-7"),
        acme.create(amount=5),
        acme.get("/v1/nowhere", Correlation_Id="trace-7"),
        acme.send("DELETE", "/v1/transfers", Correlation_Id="trace-7"),
        Client().get("/v1/transfers", headers={"Correlation-Id": "trace-7"}),
    ]
    assert len({response["Request-Id"] for response in responses}) == 5
    assert [response["Correlation-Id"] for response in responses if response is not responses[1]] == ["trace-7"] * 4
    for response in responses[1:]:
        assert problem(response)["request_id"] == response["Request-Id"]


def test_the_correlation_id_reaches_the_records(acme: Caller) -> None:
    acme.send("POST", "/v1/transfers", wanted(), Idempotency_Key="k", Correlation_Id="trace-7")
    assert AuditEvent.objects.get(type="transfer.created").correlation_id == "trace-7"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/v1/", 404, "not_found"),
        ("POST", "/v1/transfers/", 404, "not_found"),
        ("DELETE", "/v1/transfers", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/transfers", 405, "method_not_allowed"),
        ("POST", "/v1/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_every_error_is_a_problem(acme: Caller, method: str, path: str, status: int, code: str) -> None:
    response = acme.send(method, path)
    assert response.status_code == status
    assert problem(response)["code"] == code


def test_the_time_of_use_is_kept_but_not_on_every_call(acme: Caller) -> None:
    start = clock.now()
    seen = []
    for seconds in (0, 20, 90):
        with clock.using(lambda at=start + timedelta(seconds=seconds): at):  # type: ignore[misc]
            acme.get("/v1/balances")
        seen.append(ApiKey.objects.get().last_used_at)
    assert seen == [start, start, start + timedelta(seconds=90)]


def test_accept_selects_nothing(acme: Caller) -> None:
    response = acme.get("/v1/balances", Accept="text/html")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
