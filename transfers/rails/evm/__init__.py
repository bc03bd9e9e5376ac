"""The EVM chain rail: JSON-RPC to any node, ERC-20 transfers, and what the outside shows of them."""

from transfers.rails.evm.adapter import EvmOrder, EvmRail
from transfers.rails.evm.answers import Balances, Block, ChainState, FeeCaps, FeeEstimate, Holding, IndexedTransfer, Receipt
from transfers.rails.evm.tokens import TokenTransfer, TransferCall

__all__ = [
    "Balances",
    "Block",
    "ChainState",
    "EvmOrder",
    "EvmRail",
    "FeeCaps",
    "FeeEstimate",
    "Holding",
    "IndexedTransfer",
    "Receipt",
    "TokenTransfer",
    "TransferCall",
]
