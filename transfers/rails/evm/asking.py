"""Questions about a wallet and about transactions that are not yet sent: what they would cost, whether they would go through."""

from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.evm.answers import FeeEstimate, Nonces, read_fee_history
from transfers.rails.evm.client import NodeRefused, Request
from transfers.rails.evm.reader import ChainReader
from transfers.rails.evm.tokens import TransferCall, transfer_calldata

# An ERC-20 transfer to a fresh address takes about 65,000 gas; behind a proxy contract, as the real USDC is, about 20,000 more.
TRANSFER_GAS_LIMIT = 120_000
FEE_BLOCKS, FEE_PERCENTILE = 10, 50
REVERTED = 3


class ChainQuestions(ChainReader):
    """Every question may be asked again; none changes anything outside."""

    def estimate_fees(self, transfer: TransferCall | None = None) -> FeeEstimate:
        """Twice the next block's base fee plus what the middle of the last blocks' transactions gave on top: it lasts through five
        full blocks. With a transfer, its gas is estimated.

        Raises RetryableError, and TerminalError when the token contract says that it would refuse the transfer.
        """
        window = (hex(FEE_BLOCKS), "latest", [FEE_PERCENTILE])
        told, suggested = self._ask([Request("eth_feeHistory", window), Request("eth_maxPriorityFeePerGas")])
        history = self._read(read_fee_history, told)
        priority = history.usual_tip or max(self._quantity(suggested, "priority fee"), 1)
        gas_limit = TRANSFER_GAS_LIMIT if transfer is None else self._gas_for(transfer)
        return FeeEstimate(2 * history.next_base_fee + priority, priority, gas_limit)

    def nonces(self, address: str) -> Nonces:
        """How many transactions of `address` are mined, and how many there are with those that this node keeps waiting."""
        self._verify_chain()
        mined, known = self._ask([Request("eth_getTransactionCount", (address, tag)) for tag in ("latest", "pending")])
        return Nonces(self._quantity(mined, "transaction count"), self._quantity(known, "transaction count"))

    def used_nonces(self, address: str, *, depth: int) -> int:
        """How many nonces of `address` were used up to the block that lies `depth` deep."""
        head, _ = self.head()
        (count,) = self._ask([Request("eth_getTransactionCount", (address, hex(max(head - depth + 1, 0))))])
        return self._quantity(count, "transaction count")

    def simulate(self, transfer: TransferCall, *, block: int | None = None) -> str:
        """Why the token would refuse this transfer, on top of `block` or of the head; empty when it would go through.

        Raises RetryableError when the node cannot be asked.
        """
        try:
            self._client.call("eth_call", _call_of(transfer), "latest" if block is None else hex(block))
        except NodeRefused as refusal:
            if _is_revert(refusal):
                return refusal.message.removeprefix("execution reverted").removeprefix(":").strip() or "no reason given"
            raise RetryableError(f"the node refused to say: {refusal.message}", provider=self.name, code=refusal.code) from refusal
        return ""

    def _gas_for(self, transfer: TransferCall) -> int:
        """Estimated gas and a quarter more, since the state may change before the transaction is mined."""
        try:
            estimated = self._client.call("eth_estimateGas", _call_of(transfer))
        except NodeRefused as refusal:
            if _is_revert(refusal):
                raise TerminalError(f"the token would refuse: {refusal.message}", provider=self.name, code="reverted") from refusal
            raise RetryableError(f"no gas estimate: {refusal.message}", provider=self.name) from refusal
        return self._quantity(estimated, "gas estimate") * 5 // 4


def _call_of(transfer: TransferCall) -> dict[str, str]:
    calldata = transfer_calldata(transfer.recipient, transfer.amount)
    return {"from": transfer.sender, "to": transfer.contract, "data": "0x" + calldata.hex()}


def _is_revert(refusal: NodeRefused) -> bool:
    return refusal.rpc_code == REVERTED or "revert" in refusal.message.lower()
