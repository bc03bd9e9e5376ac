"""Disputes at the provider's counter: a cardholder takes a captured payment back, in one or in several parts, and may lose."""

import sqlite3
import uuid
from decimal import Decimal, InvalidOperation

from backoffice.sandbox.bank.money import NotAnAmount, minor_units
from backoffice.sandbox.bank.problems import Problem
from backoffice.sandbox.psp import refunds
from backoffice.sandbox.psp.books import DISPUTE_FEE, hint


def open_one(rows: sqlite3.Connection, payment: sqlite3.Row, given: dict[str, str], now: float) -> None:
    """Take `amount` back, else all that is left. Raises Problem."""
    left = refunds.left(rows, payment)
    try:
        amount = minor_units(Decimal(given["amount"]), payment["currency"]) if "amount" in given else left
    except (NotAnAmount, InvalidOperation) as error:
        raise Problem(422, "bad_amount", str(error)) from error
    if payment["status"] != "captured" or not 0 < amount <= left:
        raise Problem(422, "not_possible", "that much was not captured, or it was given or taken back already")
    name = f"dp_{uuid.uuid4().hex[:16]}"
    rows.execute("INSERT INTO dispute VALUES (?, ?, ?, ?, ?, ?)", (name, payment["reference"], amount, DISPUTE_FEE, "lost", now))
    _line(rows, "chargeback", payment, name, gross=-amount, fee=DISPUTE_FEE)
    hint(rows, "dispute.opened", payment["reference"], now)


def win(rows: sqlite3.Connection, payment: sqlite3.Row, given: dict[str, str], now: float) -> None:
    """`dispute`, else the oldest that stands, is decided for us. Raises Problem."""
    standing = "SELECT * FROM dispute WHERE reference = ? AND status = 'lost' ORDER BY opened_at, id"
    found = rows.execute(standing, (payment["reference"],)).fetchall()
    lost = next((one for one in found if given.get("dispute", one["id"]) == one["id"]), None)
    if lost is None:
        raise Problem(422, "not_possible", "there is no dispute to win")
    rows.execute("UPDATE dispute SET status = 'won' WHERE id = ?", (lost["id"],))
    _line(rows, "chargeback_won", payment, lost["id"], gross=lost["amount"], fee=0)
    hint(rows, "dispute.won", payment["reference"], now)


def _line(rows: sqlite3.Connection, kind: str, payment: sqlite3.Row, dispute: str, *, gross: int, fee: int) -> None:
    values = (kind, payment["reference"], payment["currency"], gross, fee, dispute)
    rows.execute("INSERT INTO line (kind, reference, currency, gross, fee, dispute) VALUES (?, ?, ?, ?, ?, ?)", values)
