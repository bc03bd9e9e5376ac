"""Fault orders of the sandbox bank and of its card provider, over their own HTTP interfaces: both take them alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from backoffice.sandbox.drills.base import Armed, Drill, NotArmed, Unreachable

_TIMEOUT_S = 5.0


class CounterDrills:
    """`token` is what the counter at `url` takes from callers."""

    def __init__(self, *, name: str, title: str, url: str, token: str, drills: Sequence[Drill]) -> None:
        self.name, self.title, self.drills = name, title, drills
        self._url, self._token = url, token

    def armed(self) -> Sequence[Armed]:
        rows = self._ask("GET", "/sandbox/faults")["data"]
        return [Armed(row["id"], row["kind"], _said(row)) for row in rows]

    def arm(self, kind: str, settings: Mapping[str, str], times: str) -> str:
        chosen = {name: value for name, value in settings.items() if value}
        asked = {"kind": kind, **chosen, **({"times": times} if times else {})}
        return str(self._ask("POST", "/sandbox/faults", asked)["id"])

    def call_off(self, order_id: str) -> None:
        self._ask("DELETE", f"/sandbox/faults/{order_id}")

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with httpx.Client(base_url=self._url, headers=headers, timeout=_TIMEOUT_S) as counter:
                answer = counter.request(method, path, json=None if body is None else dict(body))
                told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise Unreachable(f"it does not answer: {error!r}") from error
        if answer.status_code in (404, 422):
            raise NotArmed(str(told.get("detail", "it refuses the order")))
        if answer.status_code != 200:
            raise Unreachable(f"it answered HTTP {answer.status_code}")
        return told


def _said(row: Mapping[str, Any]) -> str:
    happened = f"happened {_times(row['used'])}"
    left = "until it is called off" if row["times"] is None else f"{_times(row['times'] - row['used'])} more"
    chosen = "".join(f" {name.capitalize()}: {value}." for name, value in row["settings"].items())
    return f"{left[0].upper()}{left[1:]}; {happened}.{chosen}"


def _times(count: int) -> str:
    return {0: "not yet", 1: "once"}.get(count, f"{count} times")
