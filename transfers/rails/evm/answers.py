"""What the chain says, as our own types. Every amount of gas money is in wei; every hash is lower-case hex."""

from dataclasses import dataclass
from typing import Any, Literal

from transfers.rails.evm import hexes
from transfers.rails.evm.tokens import TokenTransfer, transfer_in

Status = Literal["unknown", "pending", "mined", "reverted"]


@dataclass(frozen=True, slots=True)
class FeeEstimate:
    """What a transfer would bid: wei per gas, and the most gas it may use."""

    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    gas_limit: int

    @property
    def max_cost(self) -> int:
        """Wei that the transaction can cost at the very most."""
        return self.max_fee_per_gas * self.gas_limit


@dataclass(frozen=True, slots=True)
class FeeCaps:
    """The most that may be bid, whatever the market asks: wei per gas."""

    max_fee_per_gas: int
    max_priority_fee_per_gas: int


@dataclass(frozen=True, slots=True)
class FeeHistory:
    """`next_base_fee`: wei per gas that the next block burns. `usual_tip`: the middle one of what was given on top in blocks that
    had transactions, 0 when none of them had any."""

    next_base_fee: int
    usual_tip: int


@dataclass(frozen=True, slots=True)
class Nonces:
    """Of one address: `mined` is its next nonce by the chain alone, `known` the next one when what waits without a gap counts."""

    mined: int
    known: int


@dataclass(frozen=True, slots=True)
class ChainState:
    """What a node shows of one transaction hash.

    `confirmations` counts the block it is in: 1 when that is the head, 0 when it is in none. `gas_cost` is what it cost its sender,
    also when it reverted. `unknown` means that this node does not know the hash, which is no evidence that it will never be mined.
    `witnesses` names the nodes that say so; they are not `unanimous` when one of them shows it in a block and another does not yet.
    """

    status: Status
    block_number: int | None = None
    block_hash: str = ""
    confirmations: int = 0
    gas_cost: int | None = None
    transfers: tuple[TokenTransfer, ...] = ()
    witnesses: tuple[str, ...] = ()
    unanimous: bool = True

    @property
    def in_a_block(self) -> bool:
        return self.status in ("mined", "reverted")


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header; `timestamp` in seconds since 1970."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    base_fee_per_gas: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction's receipt. `status` is 1, 0, or None on a chain older than Byzantium, which had none."""

    transaction_hash: str
    block_number: int
    block_hash: str
    transaction_index: int
    sender: str
    status: int | None
    gas_used: int
    effective_gas_price: int
    transfers: tuple[TokenTransfer, ...]

    @property
    def gas_cost(self) -> int:
        """Wei paid for gas."""
        return self.gas_used * self.effective_gas_price


@dataclass(frozen=True, slots=True)
class IndexedTransfer:
    """A Transfer log with its place on the chain, for whoever indexes blocks."""

    transfer: TokenTransfer
    block_number: int
    block_hash: str
    transaction_hash: str
    transaction_index: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A token at an address; without `contract`, the chain's own coin there."""

    address: str
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Balances:
    """What an address holds: wei of the chain's coin, and minor units of one token."""

    native: int
    token: int


def read_block(answer: Any) -> Block:
    fields = hexes.mapping(answer, "block")
    base_fee = fields.get("baseFeePerGas")
    return Block(
        number=hexes.quantity(fields.get("number"), "block number"),
        hash=hexes.hash32(fields.get("hash"), "block hash"),
        parent_hash=hexes.hash32(fields.get("parentHash"), "parent hash"),
        timestamp=hexes.quantity(fields.get("timestamp"), "block timestamp"),
        base_fee_per_gas=None if base_fee is None else hexes.quantity(base_fee, "base fee"),
    )


def read_fee_history(answer: Any) -> FeeHistory:
    fields = hexes.mapping(answer, "fee history")
    fees = [hexes.quantity(fee, "base fee") for fee in hexes.listing(fields.get("baseFeePerGas"), "base fees")]
    if not fees:
        raise hexes.Malformed("a fee history without base fees")
    rows = [hexes.listing(row, "rewards of a block") for row in hexes.listing(fields.get("reward") or [], "rewards")]
    tips = sorted(tip for row in rows for tip in [hexes.quantity(row[0], "reward")] if tip)
    return FeeHistory(fees[-1], tips[len(tips) // 2] if tips else 0)


def read_receipt(answer: Any) -> Receipt:
    fields = hexes.mapping(answer, "receipt")
    status, sender = fields.get("status"), fields.get("from")
    logs = (transfer_in(log) for log in hexes.listing(fields.get("logs"), "receipt logs"))
    return Receipt(
        transaction_hash=hexes.hash32(fields.get("transactionHash"), "transaction hash"),
        block_number=hexes.quantity(fields.get("blockNumber"), "block number"),
        block_hash=hexes.hash32(fields.get("blockHash"), "block hash"),
        transaction_index=hexes.quantity(fields.get("transactionIndex"), "transaction index"),
        sender="" if sender is None else hexes.address(sender, "sender"),
        status=None if status is None else hexes.quantity(status, "receipt status"),
        gas_used=hexes.quantity(fields.get("gasUsed"), "gas used"),
        effective_gas_price=hexes.quantity(fields.get("effectiveGasPrice"), "effective gas price"),
        transfers=tuple(transfer for transfer in logs if transfer is not None),
    )


def read_indexed_transfer(log: Any) -> IndexedTransfer | None:
    """None for a log that is no ERC-20 transfer, or that a reorg has removed."""
    transfer = transfer_in(log)
    if transfer is None or log.get("removed"):
        return None
    return IndexedTransfer(
        transfer=transfer,
        block_number=hexes.quantity(log.get("blockNumber"), "block number"),
        block_hash=hexes.hash32(log.get("blockHash"), "block hash"),
        transaction_hash=hexes.hash32(log.get("transactionHash"), "transaction hash"),
        transaction_index=hexes.quantity(log.get("transactionIndex"), "transaction index"),
    )


def read_senders(answer: Any) -> list[tuple[str, str]]:
    """Sender and hash of each transaction of a block that was asked for with its transactions."""
    block = hexes.mapping(answer, "block")
    listed = (hexes.mapping(entry, "transaction") for entry in hexes.listing(block.get("transactions"), "transactions"))
    return [(hexes.address(entry.get("from"), "sender"), hexes.hash32(entry.get("hash"), "transaction hash")) for entry in listed]
