"""One network through several independent nodes, behind the interface of one.

What decides about money, the state of a transaction, is asked of every node, and they must tell one story:

- Equal stories count at the network's depth.
- A node that is silent, or was set aside, is no witness. With fewer witnesses than nodes a payment counts only at final depth,
  which is where deposits always count.
- A node that is behind, or on a branch that is not deep yet, delays: for the moment the transaction is in no block, and nothing
  that was confirmed is taken back on such a word (`unanimous`). A credited deposit is taken back when every node that nobody has
  set aside shows another block (`is_replaced`).
- Two nodes that differ on one and the same block, or on a deep one, contradict each other: NodesDisagree, nothing is decided.

Signed bytes go to every node; one that takes them is enough. Everything else is asked of the first node that answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from transfers.rails.base import RailError, RetryableError, UnknownOutcome
from transfers.rails.evm.adapter import EvmRail
from transfers.rails.evm.answers import Balances, Block, ChainState, FeeEstimate, Holding, IndexedTransfer, Nonces, Receipt
from transfers.rails.evm.tokens import TransferCall

T = TypeVar("T")
CODE = "nodes_disagree"


class NodesDisagree(RetryableError):
    """Different stories about one transaction. Only people can tell which node to set aside."""


class EvmNodes:
    """`set_aside` names the nodes whose word counts for nothing now; it is asked before every question."""

    def __init__(self, nodes: Sequence[EvmRail], *, set_aside: Callable[[], frozenset[str]] = frozenset) -> None:
        first = nodes[0]
        self.name, self.chain_id = first.name, first.chain_id
        self.confirmations, self.final_depth = first.confirmations, first.final_depth
        self._nodes, self._set_aside = tuple(nodes), set_aside

    def close(self) -> None:
        for node in self._nodes:
            node.close()

    def is_deep_enough(self, state: ChainState) -> bool:
        """The word of every node counts at the usual depth, that of fewer only at final depth."""
        depth = self.confirmations if len(state.witnesses) >= len(self._nodes) else self.final_depth
        return state.in_a_block and state.confirmations >= depth

    def find(self, tx_hash: str) -> ChainState:
        """The one story. Raises NodesDisagree, and RetryableError when no node answers."""
        heard: list[tuple[EvmRail, ChainState]] = []
        silent: RetryableError | None = None
        for node in self._trusted():
            try:
                heard.append((node, node.find(tx_hash)))
            except RetryableError as error:
                silent = error
        if not heard:
            raise silent or RetryableError("every node is set aside", provider=self.name)
        return self._one_story(heard, tx_hash)

    def is_replaced(self, number: int, block_hash: str) -> bool:
        """Whether every node shows another block at this height. Raises RetryableError while one of them does not answer: what it
        knows may save what stands there."""
        trusted = self._trusted()
        if not trusted:
            raise RetryableError("every node is set aside", provider=self.name)
        return all(node.is_replaced(number, block_hash) for node in trusted)

    def broadcast(self, raw: bytes) -> str:
        """Raises what every node says together: an unknown outcome of one outweighs the refusals of others."""
        taken, troubles = "", list[RailError]()
        for node in self._trusted():
            try:
                taken = node.broadcast(raw)
            except RailError as error:
                troubles.append(error)
        if taken:
            return taken
        unknown = next((error for error in troubles if isinstance(error, UnknownOutcome)), None)
        retryable = next((error for error in troubles if isinstance(error, RetryableError)), None)
        raise unknown or retryable or next(iter(troubles), RetryableError("every node is set aside", provider=self.name))

    # Asked of the first node that answers.

    def estimate_fees(self, transfer: TransferCall | None = None) -> FeeEstimate:
        return self._ask(lambda node: node.estimate_fees(transfer))

    def simulate(self, transfer: TransferCall, *, block: int | None = None) -> str:
        return self._ask(lambda node: node.simulate(transfer, block=block))

    def nonces(self, address: str) -> Nonces:
        return self._ask(lambda node: node.nonces(address))

    def used_nonces(self, address: str, *, depth: int) -> int:
        """Only what every node that answers says is used."""
        return min(self._ask_all(lambda node: node.used_nonces(address, depth=depth)))

    def balances(self, address: str, contract: str) -> Balances:
        return self._ask(lambda node: node.balances(address, contract))

    def held_at(self, wanted: Sequence[Holding], *, number: int, block_hash: str) -> list[int]:
        return self._ask(lambda node: node.held_at(wanted, number=number, block_hash=block_hash))

    # Seeing is not believing: to look closer, the word of any node is enough, and none can withhold what another shows.

    def heads(self) -> list[int]:
        return self._ask_all(lambda node: node.head()[0])

    def logs_of_any(self, first: int, last: int, addresses: Sequence[str], *, parties: Sequence[str] = ()) -> list[IndexedTransfer]:
        """Each log once, in chain order. Raises RetryableError when no node answers."""
        shown = self._ask_all(lambda node: node.logs(first, last, addresses, parties=parties))
        found = {(log.transaction_hash, log.transfer.log_index): log for logs in shown for log in logs}
        return sorted(found.values(), key=lambda log: (log.block_number, log.transfer.log_index))

    def witnesses(self) -> list[EvmRail]:
        """Each node that nobody has set aside, for whoever holds their words against each other: the index."""
        return self._trusted()

    # Others begin at the last node, to look with other eyes than those that confirmed.

    def head(self) -> tuple[int, str]:
        return self._ask(lambda node: node.head(), last_first=True)

    def block(self, number: int) -> Block:
        return self._ask(lambda node: node.block(number), last_first=True)

    def logs(self, first: int, last: int, addresses: Sequence[str], *, parties: Sequence[str] = ()) -> list[IndexedTransfer]:
        return self._ask(lambda node: node.logs(first, last, addresses, parties=parties), last_first=True)

    def receipts(self, tx_hashes: Sequence[str]) -> list[Receipt]:
        return self._ask(lambda node: node.receipts(tx_hashes), last_first=True)

    def sent_in(self, first: int, last: int, senders: Sequence[str]) -> list[str]:
        return self._ask(lambda node: node.sent_in(first, last, senders), last_first=True)

    # Below: how one story is made of several.

    def _trusted(self) -> list[EvmRail]:
        out = self._set_aside()
        return [node for node in self._nodes if node.name not in out]

    def _ask(self, question: Callable[[EvmRail], T], *, last_first: bool = False) -> T:
        trouble: RetryableError | None = None
        for node in self._trusted()[:: -1 if last_first else 1]:
            try:
                return question(node)
            except RetryableError as error:
                trouble = error
        raise trouble or RetryableError("every node is set aside", provider=self.name)

    def _ask_all(self, question: Callable[[EvmRail], T]) -> list[T]:
        answers, trouble = list[T](), None
        for node in self._trusted():
            try:
                answers.append(question(node))
            except RetryableError as error:
                trouble = error
        if not answers:
            raise trouble or RetryableError("every node is set aside", provider=self.name)
        return answers

    def _one_story(self, heard: Sequence[tuple[EvmRail, ChainState]], tx_hash: str) -> ChainState:
        witnesses = tuple(node.name for node, _ in heard)
        states = [state for _, state in heard]
        shallowest = min(states, key=lambda state: state.confirmations)
        if all(_story(state) == _story(states[0]) for state in states):
            return replace(shallowest, witnesses=witnesses)
        mined = [(node, state) for node, state in heard if state.in_a_block]
        if not mined:
            return ChainState("pending", witnesses=witnesses)
        for node, state in heard:
            self._check_against(mined[0], (node, state), tx_hash)
        return ChainState("pending", witnesses=witnesses, unanimous=False)

    def _check_against(self, mined: tuple[EvmRail, ChainState], other: tuple[EvmRail, ChainState], tx_hash: str) -> None:
        """Raises NodesDisagree unless the other is merely behind, or on a branch that is not deep yet."""
        (one, state), (two, said) = mined, other
        if not said.in_a_block:
            # The block may have come between the two questions.
            said = two.find(tx_hash)
        if _story(state) == _story(said):
            return
        theirs = said.block_hash or _hash_at(two, state.block_number or 0)
        depth = min(shown.confirmations for shown in (state, said) if shown.in_a_block)
        if theirs == state.block_hash or (theirs and depth >= self.confirmations):
            told = f"{one.name} says {_words(state)}, {two.name} says {_words(said)}"
            raise NodesDisagree(f"of {tx_hash} {told}", provider=self.name, code=CODE)


def _story(state: ChainState) -> tuple[object, ...]:
    """What must be equal: everything but how deep it is by now."""
    return state.status, state.block_hash, state.gas_cost, state.transfers


def _hash_at(node: EvmRail, number: int) -> str:
    """Hash of the node's block at this height; empty when it has none (yet)."""
    try:
        return node.block(number).hash
    except RetryableError:
        return ""


def _words(state: ChainState) -> str:
    moved = ", ".join(str(log.amount) for log in state.transfers) or "nothing"
    return f"{state.status} in block {state.block_number} moving {moved}" if state.in_a_block else state.status
