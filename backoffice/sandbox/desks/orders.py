"""Orders to misbehave, given while it runs: to be slow, to go away, to lie in a particular way, a number of times or until told."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from backoffice.sandbox.bank.problems import Problem
from backoffice.sandbox.desks.market import stamp

Body = dict[str, Any]


class HangUp(Exception):
    """The connection is closed without a word."""


@dataclass(slots=True)
class Order:
    """`times` counts down; below zero it holds until `honest` is ordered."""

    do: str
    seconds: float
    times: int


def _outlier(body: Body, _now: float) -> Body:
    """Twice too good, without a fee, and consistent in itself."""
    rate = Decimal(body["rate"]) * 2
    target = (Decimal(body["source_amount"]) * rate).quantize(Decimal("0.01"), ROUND_DOWN)
    return body | {"rate": f"{rate:f}", "fee": "0", "target_amount": f"{target:f}"}


def _negative_fee(body: Body, _now: float) -> Body:
    return body | {"fee": "-5.00"}


def _floats(body: Body, _now: float) -> Body:
    return body | {"rate": float(body["rate"]), "target_amount": float(body["target_amount"])}


def _wrong_pair(body: Body, _now: float) -> Body:
    return body | {"source_currency": body["target_currency"], "target_currency": body["source_currency"]}


def _expired(body: Body, now: float) -> Body:
    return body | {"expires_at": stamp(now - 60)}


def _wrong_amount(body: Body, _now: float) -> Body:
    return body | {"target_amount": f"{Decimal(body['target_amount']) + 100:f}"}


LIES: dict[str, Callable[[Body, float], Body]] = {
    "outlier": _outlier,
    "negative_fee": _negative_fee,
    "floats": _floats,
    "wrong_pair": _wrong_pair,
    "expired": _expired,
    "wrong_amount": _wrong_amount,
}
# `frozen` is for the feed: it goes on publishing the moment at which it was ordered.
KINDS = ("honest", "slow", "down", "error", "garbage", "frozen", *LIES)


class Orders:
    """By the name of a desk, or `rates` for the feed. Safe between threads."""

    def __init__(self, names: frozenset[str], clock: Callable[[], float]) -> None:
        self._names, self._clock = names, clock
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._frozen_at: dict[str, float] = {}

    def give(self, name: str, do: str, *, seconds: str = "5", times: str = "-1") -> None:
        """Raises Problem for a name or an order that there is not."""
        if name not in self._names or do not in KINDS:
            raise Problem(422, "bad_order", f"order one of {', '.join(KINDS)} to one of {', '.join(sorted(self._names))}")
        try:
            order = Order(do, float(seconds), int(times))
        except ValueError as error:
            raise Problem(422, "bad_order", f"seconds and times are numbers: {error}") from error
        with self._lock:
            self._frozen_at.pop(name, None)
            self._orders.pop(name, None)
            if do != "honest":
                self._orders[name] = order
            if do == "frozen":
                self._frozen_at[name] = self._clock()

    def standing(self) -> dict[str, dict[str, object]]:
        with self._lock:
            return {name: {"do": order.do, "seconds": order.seconds, "times": order.times} for name, order in self._orders.items()}

    def now(self, name: str) -> float:
        """The moment that `name` believes it is."""
        with self._lock:
            return self._frozen_at.get(name, self._clock())

    def answer(self, name: str, honest: Callable[[], Body]) -> bytes:
        """What `name` answers under its order. Raises HangUp and Problem where that is the order."""
        order = self._take(name)
        if order in ("down", "error", "garbage"):
            return _refuse(order)
        body = honest()
        return json.dumps(LIES[order](body, self._clock()) if order in LIES else body).encode()

    def _take(self, name: str) -> str:
        with self._lock:
            order = self._orders.get(name)
            if order is None:
                return "honest"
            if order.times > 0:
                order.times -= 1
                if order.times == 0:
                    del self._orders[name]
        if order.do == "slow":
            time.sleep(order.seconds)
        return order.do


def _refuse(order: str) -> bytes:
    if order == "down":
        raise HangUp
    if order == "error":
        raise Problem(503, "closed", "this desk is closed at the moment")
    return b"<html>503 Service Unavailable</html>"
