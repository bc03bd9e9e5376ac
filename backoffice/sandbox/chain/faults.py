"""What this node was ordered to do to its callers: standing orders, kept over restarts, and the place where they bite.

The `sandbox_` methods are exempt: orders can always be taken back, and nodes go on talking to each other.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.files import write_atomically

Answering = Callable[[], Any]
Order = dict[str, Any]
SENDING = "eth_sendRawTransaction"


class Silence(Exception):
    """The connection is closed without an answer."""


class Faults:
    """Safe for threads. `left` of an order counts down to its end; without it the order stands until it is taken back."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._orders: list[Order] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        # A transaction on a longer way than the one after it. A node that dies meanwhile never gets it.
        self._on_its_way: Answering | None = None

    def add(self, order: Order) -> Order:
        with self._lock:
            order = {"id": max((known["id"] for known in self._orders), default=0) + 1, **order}
            self._keep([*self._orders, order])
            return order

    def standing(self) -> list[Order]:
        with self._lock:
            return [dict(order) for order in self._orders]

    def take_back(self, order_id: int | None) -> None:
        with self._lock:
            self._keep([order for order in self._orders if order_id not in (None, order["id"])])

    def around(self, method: str, arguments: list[Any], answering: Answering) -> Any:
        """The answer to one request, as ordered. Raises Silence, RpcError."""
        if method.startswith("sandbox_"):
            return answering()
        if (slow := self._use("delay")) is not None:
            time.sleep(int(slow["milliseconds"]) / 1000)
        if self._stands("down"):
            raise Silence
        if method == SENDING:
            return self._sending(arguments, answering)
        lie = self._stands("lie")
        return _twisted(method, answering(), lie["what"]) if lie else answering()

    def _sending(self, arguments: list[Any], answering: Answering) -> Any:
        if self._use("refuse") is not None:
            raise RpcError.server("txpool is full")
        if self._use("timeout_before") is not None:
            raise Silence
        if self._use("lose") is not None:
            return _hash_of(arguments)
        if self._use("duplicate") is not None:
            answering()
        silent = self._use("timeout_after")
        answer = self._in_order(arguments, answering)
        if silent is not None:
            raise Silence
        return answer

    def _in_order(self, arguments: list[Any], answering: Answering) -> Any:
        """What was held back comes right after the next one, and nobody is left to hear what the node says to it."""
        with self._lock:
            earlier, self._on_its_way = self._on_its_way, None
        if earlier is None:
            return answering() if self._use("reorder") is None else self._hold_back(arguments, answering)
        try:
            return answering()
        finally:
            with suppress(RpcError):
                earlier()

    def _hold_back(self, arguments: list[Any], answering: Answering) -> str:
        with self._lock:
            self._on_its_way = answering
        return _hash_of(arguments)

    def _stands(self, kind: str) -> Order | None:
        with self._lock:
            return next((order for order in self._orders if order["kind"] == kind), None)

    def _use(self, kind: str) -> Order | None:
        """The order, counted down, when one of this kind stands."""
        with self._lock:
            found = next((order for order in self._orders if order["kind"] == kind), None)
            if found is not None and "left" in found:
                found["left"] -= 1
                self._keep([order for order in self._orders if order.get("left") != 0])
            return found

    def _keep(self, orders: list[Order]) -> None:
        self._orders = orders
        write_atomically(self._path, json.dumps(orders) + "\n", mode=0o644)


def _hash_of(arguments: list[Any]) -> str:
    return "0x" + keccak(bytes.fromhex(str(arguments[0])[2:])).hex()


def _twisted(method: str, answer: Any, what: str) -> Any:
    """What this node says of mined transactions while it lies."""
    if method == "eth_getLogs" and what in ("amount", "no_log"):
        return [] if what == "no_log" else [_short(log) for log in answer]
    if method != "eth_getTransactionReceipt" or answer is None:
        return answer
    if what == "missing":
        return None
    if what == "status":
        return answer | {"status": "0x0" if answer["status"] == "0x1" else "0x1"}
    return answer | {"logs": [] if what == "no_log" else [_short(log) for log in answer["logs"]]}


def _short(log: dict[str, Any]) -> dict[str, Any]:
    """The log, one unit short."""
    data = log["data"]
    return log | {"data": "0x" + (max(int(data, 16), 1) - 1).to_bytes(32, "big").hex()} if len(data) == 66 else log
