"""Requests per API key, counted in the database (transfers.rates): one limit, however many web processes there are. Usually the
statement that found the key has counted the request already, or the one that writes will."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from transfers.api.authentication import Caller
from transfers.rates import rate_of_keys, take


class PerKey(BaseThrottle):
    """Anonymous callers never get here: the key is checked first."""

    def __init__(self) -> None:
        self._wait_s: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        caller: Caller = request.user  # type: ignore[assignment]
        is_settled = caller.is_counted or caller.door is not None
        self._wait_s = None if is_settled else take(caller.key_id, rate_of_keys())
        return self._wait_s is None

    def wait(self) -> float | None:
        return self._wait_s
