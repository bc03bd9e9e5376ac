"""`sandbox_order`: an order is read, carried out or left standing, and said in words."""

from collections.abc import Callable, Mapping
from typing import Any

from eth_abi.abi import encode
from eth_typing import Hash32
from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak

from backoffice.sandbox.chain import params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.faults import Faults
from backoffice.sandbox.chain.funding import checked_address
from backoffice.sandbox.chain.methods import Method
from backoffice.sandbox.chain.mining import MiningNode
from backoffice.sandbox.chain.node import Node
from backoffice.sandbox.chain.orders import KINDS, OrderKind, Parameter
from backoffice.sandbox.chain.reorg import reorganise
from backoffice.sandbox.chain.wallet import sign

MOST = 10_000
Values = Mapping[str, Any]
ISSUER_GAS = 100_000
ORDINARY_BASE_FEE = 10**9


def order_methods(node: Node, faults: Faults, *, network: MiningNode | None = None) -> dict[str, Method]:
    """`network` is the node itself where it mines: it alone takes orders about the network."""

    def order(request: Any) -> dict[str, Any]:
        kind, values = _read(params.mapping(request))
        if kind.door:
            return _keep(node, faults, kind, values)
        if network is None:
            raise RpcError.invalid_params("an order about the network goes to its first node")
        if kind.standing:
            return _keep(node, faults, kind, values)
        return {"kind": kind.code, "said": _CARRY_OUT[kind.code](network, values)}

    def take_back(order_id: Any = None) -> bool:
        faults.take_back(None if order_id is None else params.quantity(order_id))
        _apply_standing(node, faults)
        return True

    _apply_standing(node, faults)
    return {"sandbox_order": order, "sandbox_orders": faults.standing, "sandbox_take_back": take_back}


def _keep(node: Node, faults: Faults, kind: OrderKind, values: Values) -> dict[str, Any]:
    """An order that stands."""
    counted = {"left": values["times"]} if "times" in values else {}
    kept = faults.add({"kind": kind.code, **values, **counted, "said": kind.title})
    _apply_standing(node, faults)
    return kept


def _apply_standing(node: Node, faults: Faults) -> None:
    """Orders that stand and concern the pool."""
    orders = faults.standing()
    node.mempool.originals_first = any(order["kind"] == "originals_first" for order in orders)
    node.mempool.overlooked = frozenset(to_canonical_address(order["address"]) for order in orders if order["kind"] == "overlook")


def _read(request: dict[str, Any]) -> tuple[OrderKind, dict[str, Any]]:
    kind = KINDS.get(str(request.get("kind")))
    if kind is None:
        raise RpcError.invalid_params(f"no such order; there are {', '.join(KINDS)}")
    if unknown := request.keys() - {"kind", *(parameter.name for parameter in kind.parameters)}:
        raise RpcError.invalid_params(f"unknown fields: {', '.join(sorted(unknown))}")
    return kind, {parameter.name: _value(parameter, request.get(parameter.name)) for parameter in kind.parameters}


def _value(parameter: Parameter, given: Any) -> Any:
    if given is None:
        given = parameter.default or None
    if given is None:
        if parameter.optional:
            return None
        raise RpcError.invalid_params(f"{parameter.name} is missing")
    return _READ[parameter.kind](parameter, str(given))


def _whole(parameter: Parameter, text: str) -> int:
    value = params.decimal(text, parameter.name)
    if not 1 <= value <= MOST:
        raise RpcError.invalid_params(f"{parameter.name} lies between 1 and {MOST}")
    return value


def _choice(parameter: Parameter, text: str) -> str:
    if text not in parameter.choices:
        raise RpcError.invalid_params(f"{parameter.name} is one of {', '.join(parameter.choices)}")
    return text


_READ: dict[str, Callable[[Parameter, str], Any]] = {
    "whole": _whole,
    "choice": _choice,
    "hash": lambda _, text: "0x" + params.data(text, size=32).hex(),
    "address": lambda _, text: checked_address(text),
}


def _drop(node: Node, values: Values) -> str:
    wanted = values["hash"]
    lost = node.mempool.forget(None if wanted is None else bytes.fromhex(wanted[2:]))
    return f"{len(lost)} waiting transactions were forgotten"


def _reorg(node: MiningNode, values: Values) -> str:
    height = reorganise(node, depth=values["depth"], keep=values["keep"])
    return f"{values['depth']} blocks were replaced; the chain is at block {height}"


def _fee_spike(node: MiningNode, values: Values) -> str:
    # An idle chain's base fee falls to almost nothing, of which even a thousand times is no bid that anybody feels.
    wei = max(node.base_fee, ORDINARY_BASE_FEE) * values["factor"]
    node.order_base_fee(wei, blocks=values["blocks"])
    return f"the base fee is {wei} wei until block {node.height + values['blocks']}"


def _issuer(call: str, said: str) -> Callable[[MiningNode, Values], str]:
    """An order to the token's issuer, mined at once."""

    def carry_out(node: MiningNode, values: Values) -> str:
        address = values.get("address")
        kinds, given = (["address"], [address]) if address else ([], [])
        data = keccak(text=call)[:4] + encode(kinds, given)
        raw = sign(node.genesis, nonce=node.deployer_nonce(), to=node.genesis.token_address, data=data, gas=ISSUER_GAS)
        sent = bytes.fromhex(node.submit(raw)[2:])
        node.mine()
        block, receipts = node.evm.block(node.evm.locate(sent)[0])
        position = [transaction.hash for transaction in block.transactions].index(Hash32(sent))
        if receipts[position].state_root != b"\x01":
            raise RpcError.server("this chain's token has no such function: it was made before tokens could be paused")
        return said.format(address=address)

    return carry_out


_CARRY_OUT: dict[str, Callable[[MiningNode, Values], str]] = {
    "drop": _drop,
    "reorg": _reorg,
    "fee_spike": _fee_spike,
    "pause_token": _issuer("pause()", "the token is paused"),
    "unpause_token": _issuer("unpause()", "the token moves again"),
    "block_address": _issuer("blacklist(address)", "{address} is blocked"),
    "unblock_address": _issuer("unBlacklist(address)", "{address} is no longer blocked"),
}
