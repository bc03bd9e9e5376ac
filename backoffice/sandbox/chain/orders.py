"""The orders that the sandbox chain takes: what each does, in words, and a client that gives them. Plain Python, so that a page of
the console and a test give them alike.

A standing order (`standing`) lasts until it is used up, its time is over, or it is taken back; the others are carried out at once.
Door orders concern one node's answers to its callers, chain orders the network itself: they are given to the first node.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from transfers.rails.trust import authorities

MOST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is whole, hash, address or choice; `default` is what a form shows first, and empty for one that must be given."""

    name: str
    label: str
    kind: str
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class OrderKind:
    code: str
    title: str
    explanation: str
    parameters: tuple[Parameter, ...] = ()
    standing: bool = False
    door: bool = False


_TIMES = Parameter("times", "How many times", "whole", "1")
_LIES = {
    "amount": "The logged amount is one unit short",
    "status": "Success is told as failure and failure as success",
    "no_log": "The receipt shows no transfer",
    "missing": "The receipt is withheld, as if it were never mined",
}
_KEEP = {
    "same": "in the first block of the new branch",
    "later": "later: it waits again",
    "never": "not by itself: every node forgot it",
}
_KINDS = (
    OrderKind(
        "timeout_after",
        "Take it and do not answer",
        "The node takes the next transaction and closes the connection without a word: did it arrive?",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "timeout_before",
        "Do not take it and do not answer",
        "The node closes the connection on the next transaction before it has looked at it.",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "lose",
        "Say yes and lose it",
        "The node answers with the hash of the next transaction as if it had taken it, and forgets it.",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "duplicate",
        "Take it twice",
        "The next transaction reaches the node twice; the sender hears the answer to the second one.",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "reorder",
        "Take the later one first",
        "The next transaction is answered with its hash and held back until the one after it has been taken.",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "refuse",
        "Refuse it",
        "The node refuses the next transaction: its pool is full.",
        (_TIMES,),
        standing=True,
        door=True,
    ),
    OrderKind(
        "delay",
        "Answer slowly",
        "Every answer of the node is late by this much.",
        (Parameter("milliseconds", "Milliseconds", "whole", "2000"), _TIMES),
        standing=True,
        door=True,
    ),
    OrderKind(
        "down", "Go away", "The node answers nobody until this order is taken back. The network goes on.", standing=True, door=True
    ),
    OrderKind(
        "lie",
        "Lie about receipts",
        "This node tells another story about mined transactions than it executed.",
        (Parameter("what", "What is false", "choice", "amount", _LIES),),
        standing=True,
        door=True,
    ),
    OrderKind(
        "drop",
        "Forget what waits",
        "Waiting transactions vanish from every pool, as when pools overflow. Whoever has the bytes can send them again.",
        (Parameter("hash", "Transaction hash (all when empty)", "hash", optional=True),),
    ),
    OrderKind(
        "reorg",
        "Take another branch",
        "The newest blocks are replaced by others, one more than before.",
        (
            Parameter("depth", "Blocks to replace", "whole", "3"),
            Parameter("keep", "What was in them is mined", "choice", "same", _KEEP),
        ),
    ),
    OrderKind(
        "fee_spike",
        "Let fees rise",
        "The base fee is multiplied for a number of blocks: bids from before lie too low.",
        (Parameter("factor", "Times as high", "whole", "20"), Parameter("blocks", "For how many blocks", "whole", "20")),
    ),
    OrderKind(
        "originals_first",
        "Mine originals",
        "Block builders prefer what was replaced to its replacement, so the original is mined after its replacement was sent.",
        standing=True,
    ),
    OrderKind(
        "overlook",
        "Pass over payments to an address",
        "Block builders leave calls that name this address waiting, and what their sender sent after them waits behind.",
        (Parameter("address", "Address", "address"),),
        standing=True,
    ),
    OrderKind("pause_token", "Pause the token", "The issuer pauses the token: every transfer of it reverts."),
    OrderKind("unpause_token", "Unpause the token", "The issuer lets the token move again."),
    OrderKind(
        "block_address",
        "Block an address",
        "The issuer blocks an address: transfers from it and to it revert.",
        (Parameter("address", "Address", "address"),),
    ),
    OrderKind(
        "unblock_address",
        "Unblock an address",
        "The issuer takes an address off its list.",
        (Parameter("address", "Address", "address"),),
    ),
)
KINDS: dict[str, OrderKind] = {kind.code: kind for kind in _KINDS}


class OrderRefused(Exception):
    """The chain does not take this order; the message says why."""


class ChainOrders:
    """Orders to one node. Use it in a `with`: it holds a connection."""

    def __init__(self, url: str, *, timeout_s: float = 30.0) -> None:
        self._url, self._http = url, httpx.Client(timeout=timeout_s, trust_env=False, verify=authorities())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def give(self, kind: str, **parameters: str | int) -> dict[str, Any]:
        """What the chain made of it: `id` of a standing order, `said` in words. Raises OrderRefused, httpx.HTTPError."""
        order = {name: str(value) for name, value in parameters.items() if value != ""}
        given: dict[str, Any] = self._call("sandbox_order", {"kind": kind, **order})
        return given

    def standing(self) -> list[dict[str, Any]]:
        """Orders in force at this node: `id`, `kind`, `said`, and `left` where they are counted."""
        listed: list[dict[str, Any]] = self._call("sandbox_orders")
        return listed

    def take_back(self, order_id: int | None = None) -> None:
        """One standing order, or all of them."""
        self._call("sandbox_take_back", *([] if order_id is None else [hex(order_id)]))

    def _call(self, method: str, *params: Any) -> Any:
        answer = self._http.post(self._url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
        if "error" in answer:
            raise OrderRefused(str(answer["error"]["message"]))
        return answer["result"]
