"""A client of the API inside the process that is shot: the request goes through every layer of the web process but the socket."""

import json
import logging
from contextlib import suppress
from functools import cache
from typing import Any

from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from audit import context
from audit.context import Actor
from transfers.errors import Refused
from transfers.outbox import endpoints
from transfers.outbox.vocabulary import EVERYTHING

log = logging.getLogger(__name__)
CLIENT = "acme"


@cache
def demo() -> dict[str, Any]:
    """What seeding wrote down: API keys and destinations."""
    found: dict[str, Any] = json.loads((settings.DATA_DIR / "demo.json").read_text(encoding="utf-8"))
    return found


@cache
def server() -> ClientHandler:
    """All that a request goes through; loaded before the first fork, it is not loaded by each process with its first request."""
    handler = ClientHandler()
    handler.load_middleware()
    return handler


def post(path: str, body: dict[str, Any], key: str = "", *, as_client: str = CLIENT) -> dict[str, Any]:
    """The answer's body. An answer that is an error is logged, as a client does that will ask again."""
    headers = {"Authorization": f"Bearer {demo()['api_keys'][as_client]}", **({"Idempotency-Key": key} if key else {})}
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    client.handler = server()
    answer = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    if answer.status_code >= 400:
        log.warning("the API answered %s: %s", answer.status_code, answer.content[:300])
        return {}
    found: dict[str, Any] = answer.json()
    return found


def listen() -> None:
    """The client wants to be told, by a server of its own for which the chain stands in: that takes any POST."""
    with context.bind(Actor.system("campaign")), suppress(Refused):
        endpoints.add(client_id=CLIENT, url=f"{settings.CHAIN_RPC_URL.rstrip('/')}/webhooks", events=[EVERYTHING])


def withdraw(name: str, amount: str, *, to_bank: bool = False, as_client: str = CLIENT) -> None:
    """Order a withdrawal whose key and reference are `name`."""
    kind, target = ("bank_account", "MXN") if to_bank else ("crypto_address", "USDC")
    order = {"source_currency": "USDC", "target_currency": target, "amount": amount, "reference": name}
    post("/v1/transfers", order | {"destination": demo()["destinations"][as_client][kind]}, key=name, as_client=as_client)
