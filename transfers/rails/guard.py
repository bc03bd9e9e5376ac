"""A rail behind its gate: calls for new work ask first whether they may be made, and every call tells what came of it.

The gate is handed in from above; without one, rails are as they are. What is new work, the adapter says: everything else is a
question, about money that was sent already or about nothing, and no breaker keeps it back. Signing and broadcasting begin nothing:
a replacement is about money that is on its way, and new work has been kept back before it comes that far (health.corridors). Where
a provider counts questions as well, so do we: beyond its quota what can wait does (the head, logs, balances), and what is about
money that is under way uses the quota up and goes on.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from transfers.rails.adapters import Adapter
from transfers.rails.base import RailError, RetryableError


class Walled(RetryableError):
    """The provider was not called: its breaker is open or its quota is spent. `code` stands in the failure catalogue."""


class Gate(Protocol):
    def admit(self, provider: str) -> str:
        """ "pass" or "probe". Raises Walled."""

    def pace(self, provider: str) -> None:
        """Count a question. Raises Walled when the quota is spent."""

    def report(self, provider: str, error: RailError | None, elapsed_ms: int, *, was_probe: bool) -> None:
        """What came of a call; None for an answer."""


class Guarded:
    """Stands in for `rail`: its methods are calls, its other attributes are passed through."""

    def __init__(self, rail: Any, provider: str, gate: Gate, adapter: Adapter) -> None:
        self._rail, self._provider, self._gate, self._adapter = rail, provider, gate, adapter

    def close(self) -> None:
        self._rail.close()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._rail, name)
        return partial(self._call, found, name) if callable(found) and name not in self._adapter.here else found

    def _call(self, method: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        is_new = name in self._adapter.new_work
        was_probe = is_new and self._gate.admit(self._provider) == "probe"
        if not is_new and self._adapter.paced:
            self._count(name)
        started_s = time.monotonic()
        try:
            answer = method(*args, **kwargs)
        except RailError as error:
            self._report(error, started_s, was_probe=was_probe)
            raise
        self._report(None, started_s, was_probe=was_probe)
        return answer

    def _count(self, name: str) -> None:
        try:
            self._gate.pace(self._provider)
        except Walled:
            if name not in self._adapter.under_way:
                raise

    def _report(self, error: RailError | None, started_s: float, *, was_probe: bool) -> None:
        elapsed_ms = int((time.monotonic() - started_s) * 1000)
        self._gate.report(self._provider, error, elapsed_ms, was_probe=was_probe)
