"""The block journal: what was mined, in order, from which the chain can be executed again to the same hashes.

Line 1 names the chain; every line after it is the next block, or says that the chain went back to an earlier one and goes on from
there: what was mined in between stays in the file and is no longer part of the chain.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.sandbox.chain.files import AppendOnlyFile

_REWIND = "rewind_to"


class JournalCorrupt(Exception):
    """The journal contradicts itself or the genesis: refuse to start rather than invent history."""


@dataclass(frozen=True, slots=True)
class Record:
    """One block as it was mined. Transactions are the raw signed bytes; `base_fee` is 0 unless it was ordered, in wei per gas."""

    number: int
    hash: str
    parent: str
    timestamp: int
    transactions: tuple[bytes, ...]
    base_fee: int = 0


class Standing:
    """The lines of the blocks that make up the chain, as of the lines taken so far."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    @property
    def height(self) -> int:
        return len(self.lines)

    def take(self, line: bytes) -> None:
        if (number := rewound_to(line)) is None:
            self.lines.append(line)
        else:
            del self.lines[number:]


def rewound_to(line: bytes) -> int | None:
    """The block that a line goes back to; None for a line that is a block."""
    return int(json.loads(line)[_REWIND]) if line.startswith(b'{"%b"' % _REWIND.encode()) else None


def read_record(line: bytes, number: int) -> Record:
    """The block in a line. Raises JournalCorrupt when it is not block `number`."""
    try:
        stored = json.loads(line)
        raw = tuple(bytes.fromhex(item.removeprefix("0x")) for item in stored["transactions"])
        base_fee = int(stored.get("base_fee", 0))
        record = Record(stored["number"], stored["hash"], stored["parent"], stored["timestamp"], raw, base_fee)
    except (ValueError, KeyError, TypeError) as error:
        raise JournalCorrupt(f"block {number} cannot be read from the journal: {error}") from error
    if record.number != number:
        raise JournalCorrupt(f"the journal holds block {record.number} in the place of block {number}")
    return record


class JournalView(ABC):
    """A journal as whoever executes it needs it: what stood in it when it was opened, and how far it goes by now."""

    height: int

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._standing = Standing()
        for line in lines:
            self._standing.take(line)
        self.height = self._standing.height

    def record(self, number: int) -> Record:
        """Block `number` (1..height) as it stood in the file when it was opened."""
        return read_record(self._standing.lines[number - 1], number)

    def busy_blocks(self) -> Iterator[int]:
        """Numbers of the blocks with transactions, found without parsing the many that have none."""
        return (number for number, line in enumerate(self._standing.lines, 1) if b'"transactions": []' not in line)

    def forget_lines(self) -> None:
        """Free the memory of what was read at the start, once the chain stands."""
        self._standing = Standing()

    def rewind(self, number: int) -> None:
        """The chain goes on from block `number`."""
        self.height = number

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""


class Journal(JournalView):
    """The journal of the node that mines: it alone writes."""

    def __init__(self, path: Path, *, genesis_hash: str) -> None:
        self._file = AppendOnlyFile(path)
        if not self._file.lines:
            head = json.dumps({"journal": 1, "genesis": genesis_hash})
            self._file.append(head)
            self._file.lines.append(head.encode())
        if json.loads(self._file.lines[0])["genesis"] != genesis_hash:
            self._file.close()
            raise JournalCorrupt(f"{path} was written for another genesis than {genesis_hash}")
        super().__init__(self._file.lines[1:])
        self._file.lines.clear()

    def append(self, record: Record) -> None:
        """Make a block durable. Raises OSError with the journal unchanged."""
        stored = {
            "number": record.number,
            "hash": record.hash,
            "parent": record.parent,
            "timestamp": record.timestamp,
            "transactions": ["0x" + raw.hex() for raw in record.transactions],
        }
        self._file.append(json.dumps(stored | ({"base_fee": record.base_fee} if record.base_fee else {})))
        self.height = record.number

    def rewind(self, number: int) -> None:
        """Make it durable that the chain goes on from block `number`. Raises OSError with the journal unchanged."""
        self._file.append(json.dumps({_REWIND: number}))
        super().rewind(number)

    def close(self) -> None:
        self._file.close()
