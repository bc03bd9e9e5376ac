"""The `sandbox_` methods: what only a sandbox can do. No rail may call them; seeding and drills do.

sandbox_info()                 chain id, token, deployer, height
sandbox_fund({...})            {"reference", "address", "wei": "<decimal>", "token": "<minor units, decimal>"}
sandbox_mine("0x<count>")      mine blocks now instead of waiting for the interval
sandbox_gossip, sandbox_waiting, sandbox_pending                 how nodes of one network talk to each other
sandbox_order({...}), sandbox_orders(), sandbox_take_back(id?)   fault orders, see orders.py
"""

from typing import Any

from backoffice.sandbox.chain import params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.funding import Funding, Grant, checked_address
from backoffice.sandbox.chain.methods import Method
from backoffice.sandbox.chain.mining import MiningNode

MAX_MINED_AT_ONCE = 256
TOKEN_DECIMALS = 6


def sandbox_methods(node: MiningNode, funding: Funding) -> dict[str, Method]:
    def info() -> dict[str, Any]:
        return {
            "chainId": hex(node.genesis.chain_id),
            "blockNumber": hex(node.height),
            "deployer": node.genesis.deployer,
            "token": {"symbol": "USDC", "decimals": TOKEN_DECIMALS, "address": node.genesis.token_address},
        }

    def fund(request: Any) -> dict[str, Any]:
        hashes, replayed = funding.give(_grant(params.mapping(request)))
        return {"transactions": hashes, "replayed": replayed}

    def mine(count: Any = "0x1") -> str:
        wanted = params.quantity(count)
        if not 1 <= wanted <= MAX_MINED_AT_ONCE:
            raise RpcError.invalid_params(f"between 1 and {MAX_MINED_AT_ONCE} blocks at once")
        for _ in range(wanted):
            node.mine()
        return hex(node.height)

    return {"sandbox_info": info, "sandbox_fund": fund, "sandbox_mine": mine}


def peer_methods(node: MiningNode) -> dict[str, Method]:
    """For the other nodes of the network: never subject to orders."""

    def waiting(transaction_hash: Any) -> str | None:
        found = node.mempool.find(params.data(transaction_hash, size=32))
        return None if found is None else "0x" + found.encode().hex()

    return {
        "sandbox_gossip": lambda raw: node.submit(params.data(raw)),
        "sandbox_waiting": waiting,
        "sandbox_pending": lambda who: hex(node.mempool.pending_nonce(params.address(who))),
    }


def _grant(request: dict[str, Any]) -> Grant:
    if unknown := request.keys() - {"reference", "address", "wei", "token"}:
        raise RpcError.invalid_params(f"unknown fields: {', '.join(sorted(unknown))}")
    reference = request.get("reference")
    if not isinstance(reference, str) or not 1 <= len(reference) <= 100:
        raise RpcError.invalid_params("reference must be 1 to 100 characters: it is what makes a repeated funding harmless")
    wei, token = params.decimal(request.get("wei", "0"), "wei"), params.decimal(request.get("token", "0"), "token")
    if not wei and not token:
        raise RpcError.invalid_params("nothing to give: wei and token are both zero")
    return Grant(reference, checked_address(request.get("address", "")), wei, token)
