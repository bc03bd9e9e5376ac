"""How JSON-RPC is put on record: every call has one and the same address, and questions are numbered."""

import json
from typing import Any

import httpx

# Another answer every few seconds, and never the reason for which anybody asks.
_EVER_NEW = frozenset({"eth_blockNumber"})


def methods(request: httpx.Request) -> str:
    """The methods of a call or of a batch, each once. The address is left out: it may hold the key of an account."""
    return ", ".join(dict.fromkeys(str(one.get("method")) for one in _calls(request)))


def essence(request: httpx.Request, content: bytes) -> bytes:
    """Calls or answers without their numbers, and without what is ever new. As it stands when it is no such thing."""
    ever_new = {one.get("id") for one in _calls(request) if one.get("method") in _EVER_NEW}
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return content
    listed = told if isinstance(told, list) else [told]
    if not all(isinstance(one, dict) for one in listed):
        return content
    return json.dumps([_unnumbered(one) for one in listed if one.get("id") not in ever_new], sort_keys=True).encode()


def _calls(request: httpx.Request) -> list[dict[str, Any]]:
    body = json.loads(request.content)
    return body if isinstance(body, list) else [body]


def _unnumbered(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "id"}
