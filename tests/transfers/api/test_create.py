"""POST /v1/transfers."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from approvals.commands import add_destination
from approvals.models import ApprovalRequest, PolicyDecision
from audit.models import AuditEvent
from tests.transfers.api.conftest import Caller, problem
from tests.transfers.world import BANK_ACCOUNT, FUNDS, PAYEE, UNIT, Books, World, available
from transfers.models import IdempotencyKey, Transfer

FIELDS = {
    "transaction_id", "client_id", "status", "request_state", "money_state", "evidence_state", "approval", "source_amount",
    "source_currency", "source_asset", "target_amount", "target_currency", "target_asset", "fees", "fx_rate", "quote",
    "on_chain_tx_hash", "bank_reference", "provider_trade_id", "destination", "corridor", "reference", "metadata", "status_text",
    "failure", "created_at", "updated_at", "direction", "route",
}  # fmt: skip
ADDRESS = {"type": "crypto_address", "network": "ethereum", "address": PAYEE}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_small_one_is_accepted_as_the_interface_says(acme: Caller) -> None:
    response = acme.create(reference="invoice 7", metadata={"order": "A-1"})

    assert response.status_code == 201
    body = response.json()
    assert set(body) == FIELDS
    assert _TIME.fullmatch(body.pop("created_at"))
    assert _TIME.fullmatch(body.pop("updated_at"))
    transaction_id = body.pop("transaction_id")
    assert response["Location"] == f"/v1/transfers/{transaction_id}"
    assert body.pop("status_text")
    assert body == {
        "client_id": "acme",
        "route": "on_chain_withdrawal",
        "direction": "out",
        "status": "CREATED",
        "request_state": "received",
        "money_state": "reserved",
        "evidence_state": "journaled",
        "approval": {"required": False, "status": "not_required", "collected": 0, "quorum": 0},
        "source_amount": "100.000000",
        "source_currency": "USDC",
        "source_asset": "USDC.ethereum",
        "target_amount": None,
        "target_currency": "USDC",
        "target_asset": "USDC.ethereum",
        "fees": [],
        "fx_rate": None,
        "quote": None,
        "on_chain_tx_hash": None,
        "bank_reference": None,
        "provider_trade_id": None,
        "destination": {
            "type": "crypto_address",
            "network": "ethereum",
            "address": Transfer.objects.get().destination_details["address"],
        },
        "corridor": "US-ETH",
        "reference": "invoice 7",
        "metadata": {"order": "A-1"},
        "failure": None,
    }
    assert available() == FUNDS - 100 * UNIT - UNIT // 2


def test_the_transfer_knows_its_key_and_its_makers(acme: Caller, world: World) -> None:
    response = acme.create(key="order-1", amount="5000.00")
    transfer = Transfer.objects.get()
    row = IdempotencyKey.objects.get()
    prefix = acme.key.split("_")[1]
    assert (row.client_id, row.key, row.transfer_id, row.response_status) == ("acme", "order-1", transfer.pk, 201)
    assert row.response_body == response.json()
    assert (transfer.made_by, transfer.made_by_type) == (prefix, "api_client")
    assert transfer.approval_request is not None
    assert [maker.person_id for maker in transfer.approval_request.makers.all()] == [world.maker.id]
    created = AuditEvent.objects.get(type="transfer.created")
    assert (created.actor_type, created.actor_id, created.on_behalf_of) == ("api_client", prefix, "acme")


def test_a_large_one_waits_for_two(acme: Caller) -> None:
    body = acme.create(amount="5000.00").json()
    assert body["approval"] == {"required": True, "status": "pending", "collected": 0, "quorum": 2}
    assert body["status"] == "CREATED"
    assert available() == FUNDS - 5000 * UNIT - UNIT // 2


def test_votes_are_counted(acme: Caller, world: World) -> None:
    created = acme.create(amount="5000.00").json()
    world.vote(Transfer.objects.get(), world.checker)
    body = acme.get(f"/v1/transfers/{created['transaction_id']}").json()
    assert body["approval"] == {"required": True, "status": "pending", "collected": 1, "quorum": 2}


def test_a_bare_address_and_an_asset_id_are_understood(acme: Caller) -> None:
    response = acme.create(destination=PAYEE, source_currency="USDC.ethereum", target_currency="USDC.ethereum")
    assert response.status_code == 201
    assert (response.json()["source_currency"], response.json()["source_asset"]) == ("USDC", "USDC.ethereum")


REFUSALS: list[tuple[dict[str, Any], str, set[str]]] = [
    ({"amount": 100}, "invalid_request", {"amount"}),
    ({"amount": 100.5}, "invalid_request", {"amount"}),
    ({"amount": True}, "invalid_request", {"amount"}),
    ({"amount": "1e3"}, "invalid_request", {"amount"}),
    ({"amount": "-5"}, "invalid_request", {"amount"}),
    ({"amount": "1,000.00"}, "invalid_request", {"amount"}),
    ({"amount": " 100.00"}, "invalid_request", {"amount"}),
    ({"amount": "\u0661\u0660\u0660"}, "invalid_request", {"amount"}),
    ({"amount": None}, "invalid_request", {"amount"}),
    ({"amount": "0"}, "invalid_amount", {"amount"}),
    ({"amount": "0.0000001"}, "invalid_amount", {"amount"}),
    ({"surprise": "x"}, "invalid_request", {"surprise"}),
    ({"source_currency": 5}, "invalid_request", {"source_currency"}),
    ({"reference": 5}, "invalid_request", {"reference"}),
    ({"reference": "x" * 201}, "invalid_request", {"reference"}),
    ({"reference": "a\u0007b"}, "invalid_request", {"reference"}),
    ({"metadata": []}, "invalid_request", {"metadata"}),
    ({"metadata": {"note": "x" * 9000}}, "invalid_request", {"metadata"}),
    ({"metadata": {"number": 1}}, "invalid_request", {"metadata"}),
    ({"destination": 7}, "invalid_request", {"destination"}),
    (
        {"destination": {"type": "crypto_address", "network": "ethereum", "address": "0x12"}},
        "invalid_destination",
        {"destination.address"},
    ),
    ({"destination": BANK_ACCOUNT | {"clabe": "002010077777777772"}}, "invalid_destination", {"destination.clabe"}),
    ({"destination": "0x" + "cd" * 20}, "invalid_destination", {"destination"}),
    ({"source_currency": "DOGE", "destination": ADDRESS}, "unsupported_currency", {"target_currency"}),
    ({"amount": "999999.60"}, "insufficient_funds", {"amount"}),
    ({"amount": "1000001"}, "limit_exceeded", {"amount"}),
]


@pytest.mark.parametrize(("changes", "code", "fields"), REFUSALS, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(REFUSALS)])
def test_a_refusal_names_the_fault_and_changes_nothing(acme: Caller, changes: dict[str, Any], code: str, fields: set[str]) -> None:
    before, decisions = Books.now(), PolicyDecision.objects.count()
    body = {"source_currency": "USDC", "target_currency": "USDC", "amount": "100.00", "destination": PAYEE, **changes}
    response = acme.send("POST", "/v1/transfers", {k: v for k, v in body.items() if v is not None}, Idempotency_Key="k")

    assert response.status_code == 422
    refusal = problem(response)
    assert refusal["code"] == code
    assert set(refusal["errors"]) == fields
    assert Books.now() == before
    assert PolicyDecision.objects.count() == decisions
    assert ApprovalRequest.objects.count() == 0
    row = IdempotencyKey.objects.get()
    assert (row.response_status, row.response_body, row.transfer_id) == (422, refusal, None)


@pytest.mark.parametrize(("amount", "code"), [("1000001", "limit_exceeded"), (5, "invalid_request")])
def test_a_refusal_is_on_the_audit_trail_once(acme: Caller, amount: Any, code: str) -> None:
    acme.create(key="k", amount=amount)
    acme.create(key="k", amount=amount)
    refused = AuditEvent.objects.get(outcome="refused")
    assert (refused.type, refused.resource_type, refused.resource_id) == ("transfer.refused", "client", "acme")
    assert refused.reason.startswith(f"{code}: ")
    assert refused.actor_id == acme.key.split("_")[1]


def test_a_destination_in_its_cooling_off_is_refused(acme: Caller) -> None:
    add_destination(
        client_id="acme",
        kind="crypto_address",
        details={"type": "crypto_address", "network": "ethereum", "address": "0x" + "ef" * 20},
        label="New",
        cooling_off=timedelta(days=1),
    )
    before = Books.now()
    assert problem(acme.create(destination="0x" + "ef" * 20))["code"] == "invalid_destination"
    assert Books.now() == before


BODIES = [
    (b"[]", "Send one JSON object."),
    (b"{", "The body is not JSON"),
    (b'{"amount": "1", "amount": "2"}', "'amount' appears twice"),
    (b'{"metadata": {"a": 1, "a": 2}}', "'a' appears twice"),
    (b'{"amount": NaN}', "NaN is not JSON."),
    (b'{"amount": Infinity}', "Infinity is not JSON."),
    (b'{"amount": 1e999}', "A number is too large"),
    (b'{"amount": ' + b"9" * 5000 + b"}", "A number is too large"),
    (b'{"reference": "\\u0000"}', "a character that cannot be kept"),
    (b'{"reference": "\\ud800"}', "a character that cannot be kept"),
    (b'{"reference": "\xff"}', "not UTF-8"),
    (b'{"metadata": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "nested too deeply"),
    (b'{"metadata": ' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}", "nested too deeply"),
]


@pytest.mark.parametrize(("body", "words"), BODIES, ids=[words for _, words in BODIES])
def test_what_two_parsers_could_read_differently_is_malformed(acme: Caller, body: bytes, words: str) -> None:
    before = Books.now()
    response = acme.send("POST", "/v1/transfers", body, Idempotency_Key="k")
    assert response.status_code == 400
    refusal = problem(response)
    assert refusal["code"] == "malformed_json"
    assert words in refusal["detail"]
    assert Books.now() == before
    assert IdempotencyKey.objects.count() == 0


def test_a_body_may_not_be_huge(acme: Caller) -> None:
    response = acme.send("POST", "/v1/transfers", json.dumps({"reference": "x" * 70_000}).encode(), Idempotency_Key="k")
    assert response.status_code == 413
    assert problem(response)["code"] == "payload_too_large"
    assert IdempotencyKey.objects.count() == 0


def test_only_json_is_taken(acme: Caller) -> None:
    response = acme.send(
        "POST", "/v1/transfers", b"amount=1", Idempotency_Key="k", Content_Type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 415
    assert problem(response)["code"] == "unsupported_media_type"
    assert IdempotencyKey.objects.count() == 0
