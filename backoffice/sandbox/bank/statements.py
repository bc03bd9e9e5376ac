"""Account statements: numbered without gaps, each opening where the last one closed, reporting every booking exactly once."""

import sqlite3

from backoffice.sandbox.bank import camt053
from backoffice.sandbox.bank.books import Books, account_row

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
    period = camt053.Period(sequence, last["closed_at"] if last else first_booked, now, opening, closing)
    content = camt053.write(books.bank, account, period, bookings)
    rows.execute(
        "INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?)",
        (iban, sequence, f"{iban}-{sequence:06d}.camt.053.xml", content.decode(), closing, now),
    )
    rows.execute("UPDATE booking SET statement = ? WHERE iban = ? AND statement IS NULL", (sequence, iban))
    return int(sequence)


def close_due(books: Books, rows: sqlite3.Connection, *, now: float, interval_s: float) -> None:
    """A statement for each account whose oldest unreported booking is at least an interval old."""
    waiting = "SELECT iban FROM booking WHERE statement IS NULL GROUP BY iban HAVING min(booked_at) <= ?"
    for row in rows.execute(waiting, (now - interval_s,)).fetchall():
        close(books, rows, row["iban"], now=now)


def after(books: Books, iban: str, sequence: int) -> tuple[list[dict[str, object]], bool]:
    """A page of statements after the given number, oldest first, and whether there are more. Raises UnknownAccount."""
    with books.transaction() as rows:
        account_row(rows, iban)
        found = rows.execute(
            "SELECT sequence, name, content FROM statement WHERE iban = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            (iban, sequence, PAGE + 1),
        ).fetchall()
    return [dict(row) for row in found[:PAGE]], len(found) > PAGE
