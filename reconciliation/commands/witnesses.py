"""What every node shows of a range of final blocks, held against each other before it is believed.

One that does not answer, or is further behind, is no witness. What one shows and another withholds is read, and told; two that
differ on a block, or on what stands in it, contradict each other, and nothing is read until people have looked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from transfers.rails.base import RetryableError
from transfers.rails.evm import EvmRail
from transfers.rails.evm.answers import Block, IndexedTransfer, Receipt
from transfers.rails.evm.nodes import CODE, EvmNodes, NodesDisagree

T = TypeVar("T", IndexedTransfer, Receipt)


@dataclass(frozen=True, slots=True)
class Shown:
    """Blocks first to last, what they hold in chain order, and per node what it does not show of that. `by_all`: every node that
    nobody has set aside was heard."""

    headers: list[Block]
    logs: list[IndexedTransfer]
    receipts: list[Receipt]
    withheld: dict[str, list[str]]
    by_all: bool


@dataclass(frozen=True, slots=True)
class _Word:
    node: str
    headers: list[Block]
    logs: list[IndexedTransfer]
    receipts: list[Receipt]


def head_of(rail: EvmRail | EvmNodes) -> int:
    """As far as every node is that answers; one further behind than the final depth delays nobody. Raises RetryableError."""
    heads = rail.heads()
    return min(head for head in heads if max(heads) - head <= rail.final_depth)


def read(rail: EvmRail | EvmNodes, first: int, last: int, contracts: Sequence[str], parties: Sequence[str]) -> Shown:
    """Raises NodesDisagree, and RetryableError when no node answers."""
    words, trouble = list[_Word](), RetryableError("every node is set aside", provider=rail.name)
    nodes = rail.witnesses() if isinstance(rail, EvmNodes) else [rail]
    for node in nodes:
        try:
            words.append(_heard(node, first, last, contracts, parties))
        except RetryableError as error:
            trouble = error
    if not words:
        raise trouble
    _same_blocks(words)
    logs = _union(words, lambda word: word.logs, _of_log)
    receipts = _union(words, lambda word: word.receipts, _of_receipt)
    withheld = {word.node: [*_missing(logs, word.logs, _of_log), *_missing(receipts, word.receipts, _of_receipt)] for word in words}
    ordered = sorted(logs.values(), key=lambda log: (log.block_number, log.transfer.log_index))
    return Shown(
        words[0].headers,
        ordered,
        list(receipts.values()),
        {node: names for node, names in withheld.items() if names},
        by_all=len(words) == len(nodes),
    )


def _heard(node: EvmRail, first: int, last: int, contracts: Sequence[str], parties: Sequence[str]) -> _Word:
    headers = [node.block(number) for number in range(first, last + 1)]
    logs = node.logs(first, last, contracts, parties=parties) if contracts else []
    # A transfer of nothing moves no money; anybody can make a token emit one in our name, to plant an address in our history.
    return _Word(
        node.name, headers, [log for log in logs if log.transfer.amount], node.receipts(node.sent_in(first, last, parties))
    )


def _same_blocks(words: Sequence[_Word]) -> None:
    """Raises NodesDisagree."""
    one = words[0]
    for other in words[1:]:
        for ours, theirs in zip(one.headers, other.headers, strict=True):
            if ours.hash != theirs.hash:
                told = f"block {ours.number} is {ours.hash} for {one.node} and {theirs.hash} for {other.node}"
                raise NodesDisagree(told, provider=one.node, code=CODE)


def _union(words: Iterable[_Word], part: Callable[[_Word], list[T]], name: Callable[[T], str]) -> dict[str, T]:
    """By name. Raises NodesDisagree."""
    found: dict[str, T] = {}
    for word in words:
        for one in part(word):
            if found.setdefault(name(one), one) != one:
                raise NodesDisagree(f"{word.node} shows {name(one)} otherwise than another node", provider=word.node, code=CODE)
    return found


def _missing(all_: dict[str, T], shown: Iterable[T], name: Callable[[T], str]) -> list[str]:
    known = {name(one) for one in shown}
    return [one for one in all_ if one not in known]


def _of_log(log: IndexedTransfer) -> str:
    return f"log {log.transfer.log_index} of {log.transaction_hash}"


def _of_receipt(receipt: Receipt) -> str:
    return f"transaction {receipt.transaction_hash}"
