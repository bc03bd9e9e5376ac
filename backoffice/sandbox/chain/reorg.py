"""Going back and taking another branch, as a chain does when most of its builders saw other blocks than we did."""

import time
from typing import Literal

from eth_utils.address import to_canonical_address

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import BUILDER
from backoffice.sandbox.chain.mining import MiningNode
from backoffice.sandbox.chain.node import DEEPEST_REORG

Keep = Literal["same", "later", "never"]


def reorganise(node: MiningNode, *, depth: int, keep: Keep) -> int:
    """Replace the newest `depth` blocks by `depth` + 1 others: the new height.

    What the old ones held is mined in the first new block (`same`), waits again (`later`), or is forgotten by everybody (`never`).
    The deployer's own transactions always come along: what was funded stays funded.
    """
    with node.lock:
        fork = node.height - depth
        if not 1 <= depth <= DEEPEST_REORG or fork < 1:
            raise RpcError.invalid_params(f"a reorg goes between 1 and {min(DEEPEST_REORG, node.height - 1)} blocks back")
        # Else the same block might come out once more.
        later_than = node.evm.header(fork + 1).timestamp + 1
        deployer = to_canonical_address(node.genesis.deployer)
        ours, others = list[bytes](), list[bytes]()
        for raw in node.rewind(fork):
            (ours if BUILDER.decode(raw).sender == deployer else others).append(raw)
        for raw in ours + (others if keep == "same" else []):
            _return_to_pool(node, raw)
        for _ in range(depth + 1):
            node.mine(now=max(time.time(), later_than))
        for raw in others if keep == "later" else []:
            _return_to_pool(node, raw)
        node.changed.notify_all()
        return node.height


def _return_to_pool(node: MiningNode, raw: bytes) -> None:
    try:
        node.submit(raw)
    except RpcError:
        # Its nonce was used otherwise on the new branch, or it waits already: either way there is nothing to return.
        return
