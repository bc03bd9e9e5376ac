"""What is handed to the processes of a crew: they read it before Django is set up, so nothing here needs it."""

from dataclasses import dataclass
from datetime import datetime

Row = dict[str, str | None]


# How a hash begins: one of the network's, and bytes as PostgreSQL writes them.
HASHES = ("0x", "\\x")


@dataclass(frozen=True, slots=True)
class Caller:
    """A client's key, and where it withdraws to."""

    client: str
    key: str
    destination: dict[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """What `is_counted` is given by the database itself, one after the other."""

    name: str
    type: str
    is_key: bool = False
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One row written: `before` is empty for an insert. Values are as the database writes them in text."""

    seq: int
    txid: int
    at: datetime
    depth: int
    table: str
    columns: tuple[Column, ...]
    before: Row | None
    after: Row

    @property
    def is_insert(self) -> bool:
        return self.before is None

    @property
    def key(self) -> Row:
        return {column.name: self.after[column.name] for column in self.columns if column.is_key}


@dataclass(frozen=True, slots=True)
class Recording:
    """`names` are the transfer's own; `commits` hold what statements wrote, `added` what triggers put in besides."""

    client: str
    names: tuple[str, ...]
    commits: tuple[tuple[Write, ...], ...]
    added: tuple[Write, ...]

    @property
    def inserted(self) -> list[Write]:
        every = [write for commit in self.commits for write in commit]
        return [write for write in (*every, *self.added) if write.is_insert]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows a transfer leaves in each table."""
        found: dict[str, int] = {}
        for write in self.inserted:
            found[write.table] = found.get(write.table, 0) + 1
        return dict(sorted(found.items()))

    @property
    def written(self) -> int:
        return sum(map(len, self.commits)) + len(self.added)
