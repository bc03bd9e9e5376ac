"""A client with keys, and the calls it makes over HTTP."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from approvals.commands import issue_api_key
from tests.transfers.world import PAYEE, World

ALL = ("transfers:read", "transfers:write", "balances:read", "webhooks:read", "webhooks:write")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Caller:
    """One API key and what it can do with it; `send` answers whatever comes back, errors included."""

    key: str
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.key}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        content_type = given.pop("Content-Type", "application/json")
        return self.http.generic(method, path, content, content_type=content_type, headers=given)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def create(self, key: str | None = None, **changes: Any) -> Any:
        """A new key each time unless one is given."""
        return self.send("POST", "/v1/transfers", wanted(**changes), Idempotency_Key=key or f"key-{next(_numbers)}")

    def cancel(self, transaction_id: str, body: Any = None) -> Any:
        return self.send("POST", f"/v1/transfers/{transaction_id}/cancel", body)


def wanted(**changes: Any) -> dict[str, Any]:
    """A small withdrawal on chain as a client writes it; a change to None leaves the field out."""
    usual: dict[str, Any] = {
        "source_currency": "USDC",
        "target_currency": "USDC",
        "amount": "100.00",
        "destination": {"type": "crypto_address", "network": "ethereum", "address": PAYEE},
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def problem(response: HttpResponse) -> dict[str, Any]:
    """The problem document of a response, its shape checked."""
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) == {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:countersign:problem:{body['code']}"
    assert body["detail"]
    return body


def key_for(world: World, *scopes: str, client_id: str = "acme", **changes: Any) -> str:
    _, raw = issue_api_key(client_id=client_id, name="test", scopes=scopes or ALL, controllers=[world.maker.id], **changes)
    return raw


@pytest.fixture
def acme(world: World) -> Caller:
    return Caller(key_for(world))
