"""A bounded stream of sandbox traffic, sent the way clients send it: over HTTP, with API keys, knowing nothing of our database.

A burst at the start so that no page is empty, then a transfer now and then, up to a number. A handful of high-value withdrawals is
kept waiting: when operators decide them, new ones come.
"""

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from audit.identity import new_reference
from backoffice.sandbox.demo.company import NEIGHBOURS

log = structlog.get_logger(__name__)

HIGH_VALUE_WAITING = 4
ON_CHAIN = "crypto_address"
BANK = "bank_account"
NEIGHBOUR = "client_account"
OWN = "own_balance"


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` transfers at once, then one every `interval_s` seconds, `most` in all; then only the waiting ones are topped up."""

    burst: int = 10
    interval_s: float = 20.0
    most: int = 400


@dataclass(frozen=True, slots=True)
class Order:
    client: str
    kind: str
    amount: str
    text: str


class Client:
    """One client's view of the API. A request is repeated with the same key until it is answered."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._http = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=10)

    def create(self, body: Mapping[str, Any], key: str) -> httpx.Response:
        return self._http.post("/v1/transfers", json=dict(body), headers={"Idempotency-Key": key})

    def waiting(self) -> int:
        """How many of its transfers wait for approval, as far as the first page tells."""
        response = self._http.get("/v1/transfers", params={"status": "CREATED", "limit": 50})
        response.raise_for_status()
        return sum(1 for transfer in response.json()["data"] if transfer["approval"]["status"] == "pending")


class Trickle:
    """Sends orders for the demo clients named in `demo` (the content of demo.json)."""

    def __init__(self, demo: Mapping[str, Any], pace: Pace, seed: int) -> None:
        self._pace = pace
        self._dice = random.Random(seed)  # noqa: S311 - it only varies amounts
        self._destinations = demo["destinations"]
        self._clients = {name: Client(demo["url"], key) for name, key in demo["api_keys"].items()}

    def run(self) -> None:
        """Send for ever; only a stop of the process ends it."""
        for number, order in enumerate(self._orders()):
            self._send(order)
            if number >= self._pace.burst:
                time.sleep(self._pace.interval_s)

    def _orders(self) -> Iterator[Order]:
        for _ in range(self._pace.most):
            yield from self._top_up()
            yield self._small()
        while True:
            yield from self._top_up()
            time.sleep(self._pace.interval_s)

    def _top_up(self) -> Iterator[Order]:
        try:
            waiting = sum(client.waiting() for client in self._clients.values())
        except httpx.HTTPError as error:
            log.warning("trickle.api_not_answering", error=str(error))
            return
        for _ in range(waiting, HIGH_VALUE_WAITING):
            yield self._large()

    def _small(self) -> Order:
        client = self._dice.choice(sorted(self._clients))
        kind = self._dice.choice((ON_CHAIN, ON_CHAIN, BANK, BANK, NEIGHBOUR, OWN))
        # No desk takes small change.
        amount = f"{self._dice.randint(300 if kind == OWN else 20, 940)}.{self._dice.randint(0, 99):02}"
        return Order(client, kind, amount, f"INV-{self._dice.randint(1000, 9999)}")

    def _large(self) -> Order:
        client, low, high = self._dice.choice((("acme", 110, 480), ("globex", 105, 260), ("initech", 26, 60)))
        amount = f"{self._dice.randint(low, high) * 1000 + self._dice.choice((0, 250, 500))}.00"
        return Order(client, self._dice.choice((ON_CHAIN, BANK)), amount, f"SETTLE-{self._dice.randint(100, 999)}")

    def _body(self, order: Order) -> dict[str, Any]:
        destination, target = self._where(order)
        return {
            "source_currency": "USDC",
            "target_currency": target,
            "amount": order.amount,
            "destination": destination,
            "reference": order.text,
        }

    def _where(self, order: Order) -> tuple[dict[str, str], str]:
        """The destination, and the currency that it takes."""
        if order.kind == OWN:
            return {"type": OWN}, "USD"
        if order.kind == NEIGHBOUR:
            return {"type": NEIGHBOUR, "client": NEIGHBOURS[order.client]}, "USDC"
        destination = self._destinations[order.client][order.kind]
        return destination, "USDC" if order.kind == ON_CHAIN else {"MX": "MXN", "AT": "EUR"}[destination["country"]]

    def _send(self, order: Order) -> None:
        key = f"trickle-{new_reference()}"
        for pause in (1, 2, 4, 8):
            try:
                response = self._clients[order.client].create(self._body(order), key)
            except httpx.HTTPError as error:
                log.warning("trickle.not_sent", error=str(error), next_try_in_s=pause)
            else:
                if response.status_code < 500 and response.status_code not in (409, 429):
                    log.info("trickle.sent", client=order.client, amount=order.amount, status=response.status_code)
                    return
            time.sleep(pause)
        log.error("trickle.given_up", client=order.client, amount=order.amount, key=key)
