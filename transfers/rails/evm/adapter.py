"""EvmRail: the chain in our words. It reads, it broadcasts bytes that the signer made, and it never sees a key."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.base import NotOffered, Recorder, Reservation, RetryableError, TerminalError, UnknownOutcome, forget
from transfers.rails.evm.answers import ChainState, FeeEstimate, read_receipt
from transfers.rails.evm.asking import ChainQuestions
from transfers.rails.evm.broadcast import verdict_of
from transfers.rails.evm.client import JsonRpcClient, NodeRefused, Request
from transfers.rails.evm.tokens import TransferCall
from transfers.rails.settings import RailSettings


@dataclass(frozen=True, slots=True)
class EvmOrder:
    """A transfer and, once the signer has made them, the bytes that carry it out."""

    transfer: TransferCall
    raw: bytes = b""


class EvmRail(ChainQuestions):
    """One network through one node. `confirmations` is the depth at which a payment counts, `final_depth` the one below which we do
    not expect the chain to change any more: callers compare them with what `find` says."""

    def __init__(
        self,
        rpc_url: str,
        chain_id: int,
        confirmations: int,
        *,
        final_depth: int = 0,
        name: str = "evm",
        timeout_s: float = 10.0,
        recorder: Recorder = forget,
        client: JsonRpcClient | None = None,
    ) -> None:
        super().__init__(client or JsonRpcClient(rpc_url, provider=name, timeout_s=timeout_s, recorder=recorder), chain_id)
        self.name, self.confirmations = name, confirmations
        self.final_depth = max(final_depth, confirmations)

    def is_deep_enough(self, state: ChainState) -> bool:
        """Whether what is shown is mined at the depth at which it counts."""
        return state.in_a_block and state.confirmations >= self.confirmations

    # The five verbs of every rail.

    def quote(self, order: EvmOrder) -> FeeEstimate:
        return self.estimate_fees(order.transfer)

    def reserve(self, order: EvmOrder) -> Reservation:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a chain reserves nothing: tokens and gas are reserved on the wallet's row", provider=self.name)

    def submit(self, order: EvmOrder) -> ChainState:
        self.broadcast(order.raw)
        return ChainState("pending")

    def status(self, reference: str) -> ChainState:
        return self.find(reference)

    def cancel(self, reference: str) -> ChainState:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("signed bytes cannot be recalled: replace them under the same nonce with a higher fee", provider=self.name)

    # Sending.

    def broadcast(self, raw: bytes) -> str:
        """Hand signed bytes to the node: their hash. Sending the same bytes again is harmless and succeeds.

        Raises RetryableError (not taken, may be later), TerminalError (malformed for good) and UnknownOutcome (ask `find`).
        """
        expected = "0x" + keccak(raw).hex()
        self._verify_chain()
        try:
            answered = self._client.call("eth_sendRawTransaction", "0x" + raw.hex(), sends=True)
        except NodeRefused as refusal:
            return self._after_refusal(refusal, expected)
        if answered != expected:
            raise UnknownOutcome(f"the node answered hash {answered!r} for {expected}", provider=self.name)
        return expected

    # Reading one transaction.

    def find(self, tx_hash: str) -> ChainState:
        """What the node shows of a hash now. Raises RetryableError when it cannot be asked or contradicts itself."""
        self._verify_chain()
        asked = [Request("eth_getTransactionReceipt", (tx_hash,)), Request("eth_getTransactionByHash", (tx_hash,))]
        answer, transaction, head = self._ask([*asked, Request("eth_blockNumber")])
        if answer is None:
            return ChainState("unknown" if transaction is None else "pending")
        receipt = self._read(read_receipt, answer)
        if receipt.transaction_hash != tx_hash.lower() or receipt.status not in (0, 1):
            raise RetryableError(f"the node's receipt for {tx_hash} cannot be believed", provider=self.name)
        if self.block(receipt.block_number).hash != receipt.block_hash:
            # A reorg took the block between two answers: for the moment the transaction is in no block at all.
            return ChainState("pending")
        return ChainState(
            status="mined" if receipt.status == 1 else "reverted",
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            confirmations=max(1, self._quantity(head, "block number") - receipt.block_number + 1),
            gas_cost=receipt.gas_cost,
            transfers=receipt.transfers,
        )

    # Below: how the answers are come by.

    def _after_refusal(self, refusal: NodeRefused, expected: str) -> str:
        verdict = verdict_of(refusal.message, refusal.rpc_code)
        if verdict == "known":
            return expected
        if verdict == "retry":
            raise RetryableError(f"not taken now: {refusal.message}", provider=self.name, code=refusal.code) from refusal
        if verdict == "refused":
            raise TerminalError(f"refused: {refusal.message}", provider=self.name, code=refusal.code) from refusal
        if verdict == "look" and self._knows(expected):
            return expected
        raise UnknownOutcome(f"the node says {refusal.message!r}", provider=self.name, code=refusal.code) from refusal

    def _knows(self, tx_hash: str) -> bool:
        """Whether the node shows this hash, waiting or mined. When it cannot be asked, the answer stays unknown: no."""
        try:
            return self._client.call("eth_getTransactionByHash", tx_hash) is not None
        except (NodeRefused, RetryableError):
            return False


def _build(to: Connection, settings: RailSettings, recorder: Recorder) -> EvmRail:
    depths = settings.confirmations, settings.final_depth
    return EvmRail(to.url, settings.chain_id, depths[0], final_depth=depths[1], name=to.code, recorder=recorder)


def _named(settings: RailSettings) -> list[Connection]:
    urls = {"node": settings.chain_rpc_url, "node-2": settings.chain_rpc_url_2}
    return [Connection(code, url, "") for code, url in urls.items() if url]


EVM_NODE = Adapter(
    name="node",
    kind=Kind.CHAIN,
    build=_build,
    named=_named,
    setting="CHAIN_RPC_URL",
    verbs=frozenset({"quote", "submit", "status"}),
    probe=lambda node, _: node.head,
    under_way=frozenset({"find", "status", "broadcast", "submit", "nonces", "used_nonces", "estimate_fees", "quote"}),
    here=frozenset({"is_deep_enough"}),
    paced=True,
    read_all_the_time=True,
)
