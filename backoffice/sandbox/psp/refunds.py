"""Refunds at the provider's counter: of what was captured and not yet given or taken back, once per reference."""

import sqlite3
import uuid
from decimal import Decimal, InvalidOperation

from backoffice.sandbox.bank.money import NotAnAmount, minor_units
from backoffice.sandbox.bank.problems import Problem
from backoffice.sandbox.psp.books import hint


def take(rows: sqlite3.Connection, payment: str, given: dict[str, str], now: float) -> None:
    """Book a refund of `amount` under `reference`. Raises Problem."""
    row = rows.execute("SELECT * FROM payment WHERE reference = ?", (payment,)).fetchone()
    try:
        reference, amount = given["reference"], minor_units(Decimal(given["amount"]), row["currency"])
    except KeyError as error:
        raise Problem(400, "field_missing", f"{error.args[0]} is missing") from error
    except (NotAnAmount, InvalidOperation) as error:
        raise Problem(422, "bad_amount", str(error)) from error
    known = rows.execute("SELECT * FROM refund WHERE reference = ?", (reference,)).fetchone()
    if known is not None:
        if (known["payment"], known["amount"]) != (payment, amount):
            raise Problem(409, "reference_reused", "this reference names another refund")
        return
    if row["status"] != "captured" or not 0 < amount <= left(rows, row):
        raise Problem(422, "not_refundable", "that much was not captured, or it was given or taken back already")
    rows.execute("INSERT INTO refund VALUES (?, ?, ?, ?, ?)", (reference, f"re_{uuid.uuid4().hex[:16]}", payment, amount, now))
    values = ("refund", reference, row["currency"], -amount, 0)
    rows.execute("INSERT INTO line (kind, reference, currency, gross, fee) VALUES (?, ?, ?, ?, ?)", values)
    hint(rows, "payment.refunded", payment, now)


def left(rows: sqlite3.Connection, payment: sqlite3.Row) -> int:
    """What of a payment was neither refunded nor lost to its cardholder, in minor units."""
    names = (payment["reference"],)
    refunded = rows.execute("SELECT coalesce(sum(amount), 0) FROM refund WHERE payment = ?", names).fetchone()[0]
    taken = "SELECT coalesce(sum(amount), 0) FROM dispute WHERE reference = ? AND status = 'lost'"
    return int(payment["amount"] - refunded - rows.execute(taken, names).fetchone()[0])
