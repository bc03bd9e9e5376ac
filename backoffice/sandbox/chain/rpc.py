"""JSON-RPC 2.0: one request or a batch of them, from bytes to bytes."""

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.faults import Faults, Silence
from backoffice.sandbox.chain.methods import Method

MAX_BATCH = 500

logger = logging.getLogger(__name__)
Lock = AbstractContextManager[Any]


class Dispatcher:
    """Every method runs under `lock`; `faults` stand between callers and methods; `before` is done ahead of every answer."""

    def __init__(
        self, lock: Lock, methods: Mapping[str, Method], *, faults: Faults, before: Callable[[], None] = lambda: None
    ) -> None:
        self._lock, self._faults, self._before = lock, faults, before
        self._methods = {name: (method, inspect.signature(method)) for name, method in methods.items()}

    def handle(self, body: bytes) -> bytes:
        """The response to a request body; empty when the request holds notifications only. Raises Silence."""
        try:
            request = json.loads(body)
        except ValueError:
            return _encode(_failure(None, RpcError(-32700, "parse error")))
        if not isinstance(request, list):
            answer = self._one(request)
            return b"" if answer is None else _encode(answer)
        if not request or len(request) > MAX_BATCH:
            return _encode(_failure(None, RpcError(-32600, "empty batch" if not request else f"batch limit is {MAX_BATCH}")))
        answers = [answer for item in request if (answer := self._one(item)) is not None]
        return _encode(answers) if answers else b""

    def _one(self, request: Any) -> dict[str, Any] | None:
        if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
            return _failure(None, RpcError(-32600, "invalid request"))
        try:
            answer = {"jsonrpc": "2.0", "id": request.get("id"), "result": self._call(request["method"], request.get("params", []))}
        except RpcError as error:
            answer = _failure(request.get("id"), error)
        return answer if "id" in request else None

    def _call(self, name: str, arguments: Any) -> Any:
        if name not in self._methods:
            raise RpcError(-32601, f"the method {name} does not exist/is not available")
        method, signature = self._methods[name]
        if not isinstance(arguments, list):
            raise RpcError.invalid_params("params must be a list")
        try:
            signature.bind(*arguments)
        except TypeError as error:
            raise RpcError.invalid_params(str(error)) from error

        def answer() -> Any:
            with self._lock:
                self._before()
                return method(*arguments)

        try:
            return self._faults.around(name, arguments, answer)
        except (RpcError, Silence):
            raise
        except Exception as error:  # the caller gets an answer and the log the whole story; one bad request must not end a node
            logger.exception("%s failed", name)
            raise RpcError(-32603, "internal error") from error


def _failure(request_id: Any, error: RpcError) -> dict[str, Any]:
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        content["data"] = error.data
    return {"jsonrpc": "2.0", "id": request_id, "error": content}


def _encode(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
