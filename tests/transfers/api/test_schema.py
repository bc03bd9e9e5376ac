"""The OpenAPI document: served, 3.1, and true about what is answered."""

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.transfers.api.conftest import Caller, wanted
from tests.transfers.world import PAYEE, World
from transfers.api.problems import CONTENT_TYPE


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    response = Client().get("/v1/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def _answers(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method.lower()]["responses"]
    return found


def _check(document: dict[str, Any], method: str, path: str, response: Any) -> None:
    content = _answers(document, method, path)[str(response.status_code)]["content"]
    schema = {**content[response["Content-Type"]]["schema"], "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(json.loads(response.content))) == []


def test_it_describes_every_endpoint_and_the_key(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == {
        ("/v1/transfers", "get"),
        ("/v1/transfers", "post"),
        ("/v1/transfers/{transaction_id}", "get"),
        ("/v1/transfers/{transaction_id}/cancel", "post"),
        ("/v1/transfers/{transaction_id}/events", "get"),
        ("/v1/incoming_transfers", "get"),
        ("/v1/incoming_transfers/{transaction_id}", "get"),
        ("/v1/bulk_transfers", "post"),
        ("/v1/bulk_transfers/{bulk_id}", "get"),
        ("/v1/bulk_transfers/{bulk_id}/lines", "get"),
        ("/v1/bulk_transfers/{bulk_id}/results", "get"),
        ("/v1/bulk_transfers/{bulk_id}/cancel", "post"),
        ("/v1/balances", "get"),
        ("/v1/quotes", "post"),
        ("/v1/events", "get"),
        ("/v1/transfers/{transaction_id}/receipt", "get"),
        ("/v1/webhooks", "get"),
        ("/v1/webhooks", "post"),
        ("/v1/webhooks/{webhook_id}", "get"),
        ("/v1/webhooks/{webhook_id}", "delete"),
        ("/v1/webhooks/{webhook_id}/rotate_secret", "post"),
        ("/v1/deposit_addresses", "get"),
        ("/v1/card_deposits", "post"),
    }
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"ApiKey": []}]
            assert {"401", "403", "429", "500", "503"} <= set(operation["responses"])
    create = document["paths"]["/v1/transfers"]["post"]
    assert [(p["name"], p["in"], p["required"]) for p in create["parameters"]] == [("Idempotency-Key", "header", True)]
    for status, headers in (("201", {"Idempotent-Replayed", "Location"}), ("422", {"Idempotent-Replayed"})):
        assert create["responses"][status]["headers"].keys() == headers
    filters = {p["name"] for p in document["paths"]["/v1/transfers"]["get"]["parameters"]}
    assert filters == {"status", "corridor", "created_after", "created_before", "reference", "limit", "cursor"}


def test_what_is_answered_is_what_it_says(document: dict[str, Any], acme: Caller, world: World) -> None:
    one = "/v1/transfers/{transaction_id}"
    created = acme.create(amount="5000.00", metadata={"a": "b"})
    _check(document, "POST", "/v1/transfers", created)
    path = created["Location"]
    _check(document, "GET", one, acme.get(path))
    _check(document, "GET", f"{one}/events", acme.get(f"{path}/events"))
    _check(document, "POST", f"{one}/cancel", acme.send("POST", f"{path}/cancel"))
    _check(document, "GET", one, acme.get(path))
    _check(document, "GET", "/v1/transfers", acme.get("/v1/transfers"))
    _check(document, "GET", "/v1/balances", acme.get("/v1/balances"))


def test_what_it_asks_for_is_what_is_taken(document: dict[str, Any], acme: Caller) -> None:
    asked = {**document["components"]["schemas"]["CreateTransfer"], "components": document["components"]}
    given = [
        wanted(),
        wanted(destination=PAYEE, corridor="US-ETH", reference="r", metadata={"a": "b"}),
        wanted(amount=100),
        wanted(destination={"type": "crypto_address", "network": "ethereum", "address": PAYEE, "memo": "x"}),
        wanted(metadata={"a": 1}),
    ]
    says = [not list(Draft202012Validator(asked).iter_errors(body)) for body in given]
    assert says == [True, True, False, False, False]
    assert [acme.create(**body).status_code == 201 for body in given] == says


def test_errors_are_what_it_says(document: dict[str, Any], acme: Caller) -> None:
    responses = [
        acme.create(amount=1),
        acme.send("POST", "/v1/transfers", b"{", Idempotency_Key="k"),
        acme.send("POST", "/v1/transfers", wanted()),
        acme.send("POST", "/v1/transfers", wanted(), Authorization=""),
        acme.send("POST", "/v1/transfers", b"x" * 70_000, Idempotency_Key="k"),
        acme.send("POST", "/v1/transfers", b"x", Idempotency_Key="k", Content_Type="text/plain"),
    ]
    assert [response.status_code for response in responses] == [422, 400, 400, 401, 413, 415]
    for response in responses:
        assert response["Content-Type"] == CONTENT_TYPE
        _check(document, "POST", "/v1/transfers", response)


def test_a_schema_that_lies_would_be_noticed(document: dict[str, Any], acme: Caller) -> None:
    answer = acme.create()
    schema = _answers(document, "POST", "/v1/transfers")["201"]["content"]["application/json"]["schema"]
    broken = {**answer.json(), "source_amount": 100.0}
    del broken["status_text"]
    errors = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(broken))
    assert len(errors) == 2
