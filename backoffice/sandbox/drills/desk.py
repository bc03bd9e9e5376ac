"""Orders to one of the sandbox's desks, or to its feed of reference rates, over their own HTTP interface.

Each follows one order at a time: a new one takes the place of the last.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from backoffice.sandbox.drills.base import Armed, Drill, NotArmed, Unreachable

_TIMEOUT_S = 5.0
_PATH = "/sandbox/orders"


class DeskDrills:
    """`who` is the name that orders are given to; `url` is anywhere at the process, `token` what it takes from callers."""

    def __init__(self, *, name: str, title: str, who: str, url: str, token: str, drills: Sequence[Drill]) -> None:
        self.name, self.title, self.drills = name, title, drills
        self._who, self._url, self._token = who, url, token

    def armed(self) -> Sequence[Armed]:
        order = self._ask("GET").get(self._who)
        return [] if order is None else [Armed(self._who, str(order["do"]), _said(order))]

    def arm(self, kind: str, settings: Mapping[str, str], times: str) -> str:
        self._ask("POST", {"name": self._who, "do": kind, **settings, **({"times": times} if times else {})})
        return self._who

    def call_off(self, order_id: str) -> None:
        if order_id != self._who:
            raise NotArmed("there is no such order")
        self._ask("POST", {"name": self._who, "do": "honest"})

    def _ask(self, method: str, body: Mapping[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with httpx.Client(headers=headers, timeout=_TIMEOUT_S, trust_env=False) as http:
                answer = http.request(method, httpx.URL(self._url).join(_PATH), json=None if body is None else dict(body))
                told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise Unreachable(f"it does not answer: {error!r}") from error
        if answer.status_code in (400, 422):
            raise NotArmed(str(told.get("detail", "it refuses the order")))
        if answer.status_code != httpx.codes.OK:
            raise Unreachable(f"it answered HTTP {answer.status_code}")
        return told


def _said(order: Mapping[str, Any]) -> str:
    times = int(order["times"])
    left = "Until it is called off." if times < 0 else f"{times} more."
    return f"{left} Seconds: {order['seconds']:g}." if order["do"] == "slow" else left
