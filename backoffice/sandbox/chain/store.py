"""Where the EVM keeps its trie nodes and blocks: a key-value table in SQLite, committed once per block.

It is a cache of the journal, so it may lose its newest blocks in a power cut (synchronous=NORMAL) without harm, but it must never
hold half a block: everything a block writes is one SQLite transaction.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eth.db.backends.base import BaseDB


class SqliteStore(BaseDB):
    """py-evm's database interface over one table. Used under the node's lock only, hence from any thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS store (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """Everything written inside is kept together or, on any exception, not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def __getitem__(self, key: bytes) -> bytes:
        row = self._connection.execute("SELECT value FROM store WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute(
            "INSERT INTO store VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def __delitem__(self, key: bytes) -> None:
        if self._connection.execute("DELETE FROM store WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return self._connection.execute("SELECT 1 FROM store WHERE key = ?", (key,)).fetchone() is not None

    def close(self) -> None:
        self._connection.close()
