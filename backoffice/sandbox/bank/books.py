"""The bank's SQLite file: opened once, used by one thread at a time."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from backoffice.sandbox.bank.config import BankConfig
from backoffice.sandbox.bank.money import NotAnAmount

# A returned payment says why, and one that was collected is a direct debit; a statement may show another amount than was booked, be
# given out late, or not at all.
_LATER_COLUMNS = (
    ("booking", "return_reason", "TEXT NOT NULL DEFAULT ''"),
    ("booking", "shown_amount", "INTEGER"),
    ("booking", "is_collected", "INTEGER NOT NULL DEFAULT 0"),
    ("booking", "returns", "TEXT NOT NULL DEFAULT ''"),
    ("statement", "shown_from", "REAL NOT NULL DEFAULT 0"),
    ("statement", "is_lost", "INTEGER NOT NULL DEFAULT 0"),
)


class UnknownAccount(LookupError):
    """The bank keeps no such account."""


class Books:
    """Everything that reads or writes goes through `transaction`, which takes the lock, so a balance that was checked
    still stands when it is used."""

    def __init__(self, path: Path, bank: BankConfig) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.bank = bank
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(Path(__file__).with_name("books.sql").read_text())
        self._widen()
        self._open_accounts()

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

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _widen(self) -> None:
        """Columns that books of an earlier release lack."""
        for table, column, kind in _LATER_COLUMNS:
            known = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            if column not in known:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def _open_accounts(self) -> None:
        with self.transaction() as rows:
            for account in self.bank.accounts:
                rows.execute(
                    "INSERT INTO account (iban, holder, currency, opening_balance) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (account.iban, account.holder, account.currency, account.opening_balance),
                )
                kept = account_row(rows, account.iban)
                if kept["currency"] != account.currency:
                    raise ValueError(f"account {account.iban} is kept in {kept['currency']}, not {account.currency}")


def account_row(rows: sqlite3.Connection, iban: str) -> sqlite3.Row:
    """Raises UnknownAccount."""
    row: sqlite3.Row | None = rows.execute("SELECT * FROM account WHERE iban = ?", (iban,)).fetchone()
    if row is None:
        raise UnknownAccount(f"this bank keeps no account {iban}")
    return row


def booked_balance(rows: sqlite3.Connection, iban: str) -> int:
    """Signed minor units."""
    booked = "SELECT coalesce(sum(amount), 0) AS moved FROM booking WHERE iban = ?"
    return int(account_row(rows, iban)["opening_balance"]) + int(rows.execute(booked, (iban,)).fetchone()["moved"])


def available_balance(rows: sqlite3.Connection, iban: str) -> int:
    """What is booked less what was promised to payments on their way."""
    row = rows.execute(
        "SELECT coalesce(sum(amount), 0) AS promised FROM payment WHERE debtor_iban = ? AND next_at IS NOT NULL", (iban,)
    ).fetchone()
    return booked_balance(rows, iban) - int(row["promised"])


def book(
    rows: sqlite3.Connection, *, iban: str, amount: int, kind: str, booked_at: float, bank_reference: str, **details: str | int
) -> sqlite3.Row:
    """One movement, as it was written; positive is a credit. `details` are columns of `booking`."""
    if amount == 0:
        raise NotAnAmount("nothing is booked with an amount of zero")
    values: dict[str, object] = {"counterparty": "", "counterparty_account": "", "remittance": "", **details}
    values |= {"iban": iban, "amount": amount, "kind": kind, "booked_at": booked_at, "bank_reference": bank_reference}
    made = insert(rows, "booking", values)
    row: sqlite3.Row = rows.execute("SELECT * FROM booking WHERE id = ?", (made,)).fetchone()
    return row


def insert(rows: sqlite3.Connection, table: str, values: Mapping[str, object]) -> int:
    """The new row's id. Table and column names are ours, never a client's."""
    columns = ", ".join(values)
    marks = ", ".join(f":{column}" for column in values)
    return int(rows.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values).lastrowid or 0)  # noqa: S608 - see above


def next_reference(rows: sqlite3.Connection, letter: str) -> str:
    """The bank's own reference of a movement: a letter for its kind and a number that no other of the kind has."""
    table = "payment" if letter == "P" else "booking"
    row = rows.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return f"NB{letter}{(int(row['seq']) if row else 0) + 1:010d}"
