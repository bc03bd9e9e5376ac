"""JSON-RPC over HTTP, and nothing else: what went out, what came back, and what a failure says about what happened outside."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from transfers.rails.base import RailError, Recorder, RetryableError, UnknownOutcome, forget
from transfers.rails.evm import wire
from transfers.rails.line import Line
from transfers.rails.trust import authorities

# What httpx raises before the first byte of a request has left this machine.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_RATIOS = frozenset({"gasUsedRatio", "blobGasUsedRatio"})
_TURNED_AWAY = frozenset({401, 403, 404, 405, 413, 429})


class NodeRefused(RailError):
    """The node understood and answered with an error member. Only the adapter knows what it means for the call at hand."""

    def __init__(self, message: str, *, provider: str, rpc_code: int, data: Any = None) -> None:
        super().__init__(message, provider=provider, code=str(rpc_code))
        self.message, self.rpc_code, self.data = message, rpc_code, data


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    params: tuple[Any, ...] = ()


class JsonRpcClient:
    """One node. Timeouts are in seconds; safe for threads."""

    def __init__(
        self,
        url: str,
        *,
        provider: str = "evm",
        timeout_s: float = 10.0,
        connect_timeout_s: float = 3.0,
        recorder: Recorder = forget,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.provider, self._url = provider, url
        # No proxies of the environment and no redirects: a rail talks to what was configured and to nobody else.
        self._http = Line(
            provider,
            recorder,
            naming=wire.methods,
            essence=wire.essence,
            timeout=httpx.Timeout(timeout_s, connect=connect_timeout_s),
            trust_env=False,
            follow_redirects=False,
            verify=authorities(),
            transport=transport,
        )
        self._ids = itertools.count(1)

    def call(self, method: str, *params: Any, sends: bool = False) -> Any:
        """The `result` of one call. `sends` marks one that acts outside: then silence is an UnknownOutcome, no RetryableError.

        Raises RetryableError, UnknownOutcome, NodeRefused.
        """
        request_id = next(self._ids)
        body = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": list(params)}
        answer = self._post(body, sends=sends)
        return self._result(answer, request_id, sends=sends)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """The results of several reads in the order asked. Raises RetryableError, or NodeRefused when any of them was refused."""
        if not requests:
            return []
        numbered = [(next(self._ids), request) for request in requests]
        body = [{"jsonrpc": "2.0", "id": number, "method": item.method, "params": list(item.params)} for number, item in numbered]
        answers = self._post(body, sends=False)
        if not isinstance(answers, list):
            raise self._unreadable("a batch was answered with something else than a list", sends=False)
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [self._result(by_id.get(number), number, sends=False) for number, _ in numbered]

    def close(self) -> None:
        self._http.close()

    def _post(self, body: Any, *, sends: bool) -> Any:
        try:
            response = self._http.post(self._url, content=json.dumps(body), headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            raise self._transport_failure(error, sends=sends) from error
        if response.status_code in _TURNED_AWAY:
            raise RetryableError(f"the node turned us away with HTTP {response.status_code}", provider=self.provider)
        if not response.is_success:
            raise self._unreadable(f"the node answered HTTP {response.status_code}", sends=sends)
        try:
            return exact_json(response.content)
        except ValueError as error:
            raise self._unreadable(f"the answer is not the JSON we accept: {error}", sends=sends) from error

    def _result(self, answer: Any, request_id: int, *, sends: bool) -> Any:
        if not isinstance(answer, dict) or answer.get("id") != request_id:
            raise self._unreadable("the answer belongs to no question of ours", sends=sends)
        if answer.get("error") is not None:
            raise self._refusal(answer["error"], sends=sends)
        if "result" not in answer:
            raise self._unreadable("the answer holds neither result nor error", sends=sends)
        return answer["result"]

    def _refusal(self, error: Any, *, sends: bool) -> RailError:
        if not isinstance(error, dict) or not isinstance(error.get("code"), int) or not isinstance(error.get("message"), str):
            return self._unreadable("the node's error cannot be read", sends=sends)
        return NodeRefused(error["message"], provider=self.provider, rpc_code=error["code"], data=error.get("data"))

    def _transport_failure(self, error: httpx.HTTPError, *, sends: bool) -> RailError:
        if isinstance(error, _NEVER_SENT):
            return RetryableError(f"the node cannot be reached ({type(error).__name__})", provider=self.provider)
        return self._unreadable(f"no answer arrived ({type(error).__name__})", sends=sends)

    def _unreadable(self, message: str, *, sends: bool) -> RailError:
        kind = UnknownOutcome if sends else RetryableError
        return kind(message, provider=self.provider)


def exact_json(content: bytes) -> Any:
    """JSON without floating-point numbers. Where the protocol itself has some, in the ratios of a fee history, they are left out
    unread; anywhere else they are refused with ValueError."""
    floats: list[str] = []

    def without_ratios(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        for name in _RATIOS & read.keys():
            for ratio in read.pop(name) or ():
                if isinstance(ratio, _Float):
                    floats.pop()
        return read

    def noted(text: str) -> _Float:
        floats.append(text)
        return _Float(text)

    answer = json.loads(content, parse_float=noted, parse_constant=_refuse_float, object_pairs_hook=without_ratios)
    if floats:
        _refuse_float(floats[0])
    return answer


class _Float(str):
    """What stood there, as text: nobody calculates with it."""


def _refuse_float(text: str) -> Any:
    raise ValueError(f"a floating-point number: {text}")
