"""The block journal: what was mined, in order, from which the chain can be executed again to the same hashes.

Line 1 names the chain; line n+1 is block n. Each names its parent, so a branch taken after a reorg can be told from the trunk.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.sandbox.chain.files import AppendOnlyFile


class JournalCorrupt(Exception):
    """The journal contradicts itself or the genesis: refuse to start rather than invent history."""


@dataclass(frozen=True, slots=True)
class Record:
    """One block as it was mined. Transactions are the raw signed bytes."""

    number: int
    hash: str
    parent: str
    timestamp: int
    transactions: tuple[bytes, ...]


class Journal:
    def __init__(self, path: Path, *, genesis_hash: str) -> None:
        self._file = AppendOnlyFile(path)
        if not self._file.lines:
            head = json.dumps({"journal": 1, "genesis": genesis_hash})
            self._file.append(head)
            self._file.lines.append(head.encode())
        if json.loads(self._file.lines[0])["genesis"] != genesis_hash:
            self._file.close()
            raise JournalCorrupt(f"{path} was written for another genesis than {genesis_hash}")
        self.height = len(self._file.lines) - 1

    def record(self, number: int) -> Record:
        """Block `number` (1..height) as it stood in the file when it was opened."""
        try:
            stored = json.loads(self._file.lines[number])
            raw = tuple(bytes.fromhex(item.removeprefix("0x")) for item in stored["transactions"])
            record = Record(stored["number"], stored["hash"], stored["parent"], stored["timestamp"], raw)
        except (ValueError, KeyError, TypeError) as error:
            raise JournalCorrupt(f"line {number + 1} of the journal cannot be read: {error}") from error
        if record.number != number:
            raise JournalCorrupt(f"line {number + 1} of the journal holds block {record.number}")
        return record

    def busy_blocks(self) -> Iterator[int]:
        """Numbers of the blocks with transactions, found without parsing the many that have none."""
        return (number for number, line in enumerate(self._file.lines) if number and b'"transactions": []' not in line)

    def append(self, record: Record) -> None:
        """Make a block durable. Raises OSError with the journal unchanged."""
        stored = {
            "number": record.number,
            "hash": record.hash,
            "parent": record.parent,
            "timestamp": record.timestamp,
            "transactions": ["0x" + raw.hex() for raw in record.transactions],
        }
        self._file.append(json.dumps(stored))
        self.height = record.number

    def forget_lines(self) -> None:
        """Free the memory of what was read at the start, once the chain stands."""
        self._file.lines.clear()

    def close(self) -> None:
        self._file.close()
