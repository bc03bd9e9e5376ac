"""The provider's SQLite file: payments, disputes and batches, one writer at a time."""

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backoffice.sandbox.bank.money import major_text

# Of each capture: a share and a fixed part. A dispute costs its own fee, won or lost.
FEE_BPS, FEE_FIXED, DISPUTE_FEE = 290, 30, 1500


class Books:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        schema = Path(__file__).with_name("books.sql").read_text()
        self._connection.executescript(schema)
        self._know_refunds(schema)
        self._name_disputes()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, one at a time."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _know_refunds(self, schema: str) -> None:
        """Books that were opened before there were refunds take no lines of them: theirs are copied into a table that does."""
        made = self._connection.execute("SELECT sql FROM sqlite_master WHERE name = 'line'").fetchone()["sql"]
        if "'refund'" not in made:
            copy = "INSERT INTO line SELECT *, '' FROM old_line; DROP TABLE old_line;"
            self._connection.executescript(f"ALTER TABLE line RENAME TO old_line; {schema} {copy}")

    def _name_disputes(self) -> None:
        """Lines of an earlier release say what payment they are about, and not which dispute of it."""
        if "dispute" not in {row["name"] for row in self._connection.execute("PRAGMA table_info(line)")}:
            self._connection.execute("ALTER TABLE line ADD COLUMN dispute TEXT NOT NULL DEFAULT ''")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def shown(rows: sqlite3.Connection, reference: str) -> dict[str, object] | None:
    """A payment as the API shows it, with its disputes."""
    row = rows.execute("SELECT * FROM payment WHERE reference = ?", (reference,)).fetchone()
    if row is None:
        return None
    disputes = rows.execute("SELECT * FROM dispute WHERE reference = ? ORDER BY opened_at, id", (reference,)).fetchall()
    refunds = rows.execute("SELECT * FROM refund WHERE payment = ? ORDER BY made_at, id", (reference,)).fetchall()
    currency = row["currency"]
    return {
        "id": row["id"],
        "reference": reference,
        "amount": major_text(row["amount"], currency),
        "currency": currency,
        "status": row["status"],
        "reason": row["reason"],
        "disputes": [
            {
                "id": one["id"],
                "amount": major_text(one["amount"], currency),
                "fee": major_text(one["fee"], currency),
                "status": one["status"],
            }
            for one in disputes
        ],
        "refunds": [
            {"id": one["id"], "reference": one["reference"], "amount": major_text(one["amount"], currency)} for one in refunds
        ],
    }


def hint(rows: sqlite3.Connection, type_: str, reference: str, now: float) -> None:
    """Queue a hint that names a payment and says nothing else of it, in the transaction of the change itself."""
    name = f"msg_{uuid.uuid4().hex}"
    timestamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps({"id": name, "type": type_, "timestamp": timestamp, "data": {"end_to_end_id": reference}})
    rows.execute("INSERT INTO hint (id, body, next_at) VALUES (?, ?, ?)", (name, body, now))
