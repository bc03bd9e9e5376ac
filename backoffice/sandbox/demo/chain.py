"""The sandbox chain as seeding needs it: which token there is, wallets funded on it, and the block from which the books count."""

from typing import Any, Self

import httpx


class SandboxChain:
    """JSON-RPC to the sandbox chain, its own methods included. Use it in a `with`: it holds a connection."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def token_address(self) -> str:
        return str(self._call("sandbox_info")["token"]["address"])

    def fund(self, *, reference: str, address: str, wei: int, token: int) -> int:
        """Fund `address` once per reference, wait until it is mined, and give back the first block after it."""
        self._call("sandbox_fund", {"reference": reference, "address": address, "wei": str(wei), "token": str(token)})
        self._call("sandbox_mine", "0x2")
        return self.next_block()

    def next_block(self) -> int:
        """Number of the block after the head."""
        return int(self._call("eth_blockNumber"), 16) + 1

    def _call(self, method: str, *params: Any) -> Any:
        response = self._http.post("/", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise RuntimeError(f"the sandbox chain refused {method}: {answer['error']['message']}")
        return answer["result"]
