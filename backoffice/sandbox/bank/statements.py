"""Account statements: numbered without gaps, each opening where the last one closed, reporting every booking exactly once."""

import sqlite3
from collections.abc import Sequence
from decimal import Decimal

from backoffice.sandbox.bank import camt053, faults
from backoffice.sandbox.bank.books import Books, account_row, insert
from backoffice.sandbox.bank.money import minor_units

PAGE = 50


def close(books: Books, rows: sqlite3.Connection, iban: str, *, now: float) -> int:
    """Report everything booked since the last statement, be it nothing. Returns the sequence number. Raises UnknownAccount."""
    account = account_row(rows, iban)
    last = rows.execute("SELECT * FROM statement WHERE iban = ? ORDER BY sequence DESC LIMIT 1", (iban,)).fetchone()
    bookings = rows.execute("SELECT * FROM booking WHERE iban = ? AND statement IS NULL ORDER BY id", (iban,)).fetchall()
    sequence = last["sequence"] + 1 if last else 1
    opening = last["closing_balance"] if last else account["opening_balance"]
    closing = opening + sum(row["amount"] for row in bookings)
    first_booked = min((row["booked_at"] for row in bookings), default=now)
    _lie_as_ordered(rows, bookings, account["currency"], now)
    bookings = rows.execute("SELECT * FROM booking WHERE iban = ? AND statement IS NULL ORDER BY id", (iban,)).fetchall()
    period = camt053.Period(sequence, last["closed_at"] if last else first_booked, now, opening, closing)
    content = camt053.write(books.bank, account, period, bookings)
    late = faults.use(rows, "statement_late", now=now) or {"seconds": "0"}
    values: dict[str, object] = {
        "iban": iban,
        "sequence": sequence,
        "name": f"{iban}-{sequence:06d}.camt.053.xml",
        "content": content.decode(),
        "closing_balance": closing,
        "closed_at": now,
        "shown_from": now + int(late["seconds"]),
        "is_lost": faults.use(rows, "statement_missing", now=now) is not None,
    }
    insert(rows, "statement", values)
    rows.execute("UPDATE booking SET statement = ? WHERE iban = ? AND statement IS NULL", (sequence, iban))
    return int(sequence)


def _lie_as_ordered(rows: sqlite3.Connection, bookings: Sequence[sqlite3.Row], currency: str, now: float) -> None:
    """The statement will show another amount than was booked; balances stay those of the books."""
    for booking in bookings:
        if booking["kind"] not in ("payment", "incoming"):
            continue
        settings = faults.use(rows, "wrong_amount", now=now)
        if settings is not None:
            shown = booking["amount"] + minor_units(Decimal(settings["by"]), currency)
            rows.execute("UPDATE booking SET shown_amount = ? WHERE id = ?", (shown or booking["amount"], booking["id"]))


def close_due(books: Books, rows: sqlite3.Connection, *, now: float, interval_s: float) -> None:
    """A statement for each account whose oldest unreported booking is at least an interval old."""
    waiting = "SELECT iban FROM booking WHERE statement IS NULL GROUP BY iban HAVING min(booked_at) <= ?"
    for row in rows.execute(waiting, (now - interval_s,)).fetchall():
        close(books, rows, row["iban"], now=now)


def after(books: Books, iban: str, sequence: int, *, now: float) -> tuple[list[dict[str, object]], bool]:
    """A page of statements after the given number, oldest first, and whether there are more; none that comes after one which is
    not given out yet. Raises UnknownAccount."""
    with books.transaction() as rows:
        account_row(rows, iban)
        found = rows.execute(
            "SELECT sequence, name, content FROM statement WHERE iban = :iban AND sequence > :after AND NOT is_lost AND sequence <"
            " coalesce((SELECT min(sequence) FROM statement WHERE iban = :iban AND shown_from > :now), 1e18)"
            " ORDER BY sequence LIMIT :most",
            {"iban": iban, "after": sequence, "now": now, "most": PAGE + 1},
        ).fetchall()
    return [dict(row) for row in found[:PAGE]], len(found) > PAGE


def find(books: Books, sequence: int) -> None:
    """What was lost under this number is given out from now on."""
    with books.transaction() as rows:
        rows.execute("UPDATE statement SET is_lost = 0 WHERE sequence = ?", (sequence,))
