"""What still happens to a payment after the bank has settled it, when a fault order wants it so: it comes back, or is denied."""

import json
import sqlite3
from decimal import Decimal

from backoffice.sandbox.bank import faults, notices
from backoffice.sandbox.bank.books import Books, book, insert, next_reference
from backoffice.sandbox.bank.hints import add
from backoffice.sandbox.bank.money import minor_units

_KINDS = ("return", "contradict")


def plan(rows: sqlite3.Connection, payment: sqlite3.Row, *, now: float) -> None:
    """For a payment that has just settled: at most one order of each kind is used up by it."""
    for kind in _KINDS:
        settings = faults.use(rows, kind, now=now, remittance=payment["remittance"])
        if settings is not None:
            at = now + int(settings["seconds"])
            insert(rows, "sequel", {"payment": payment["id"], "kind": kind, "settings": json.dumps(settings), "at": at})


def carry_out(books: Books, rows: sqlite3.Connection, *, now: float) -> bool:
    """Do what is due. Returns whether there was any."""
    due = rows.execute("SELECT * FROM sequel WHERE at <= ? ORDER BY at, id", (now,)).fetchall()
    for sequel in due:
        payment = rows.execute("SELECT * FROM payment WHERE id = ?", (sequel["payment"],)).fetchone()
        settings = json.loads(sequel["settings"])
        if sequel["kind"] == "return":
            give_back(books, rows, payment, settings, now)
        else:
            rows.execute(
                "UPDATE payment SET status = 'RJCT', reason = ?, words = ? WHERE id = ?",
                (settings["code"], "rejected after it was reported as settled", payment["id"]),
            )
        add(rows, {"end_to_end_id": payment["end_to_end_id"]}, now=now)
        rows.execute("UPDATE sequel SET at = NULL, done_at = ? WHERE id = ?", (now, sequel["id"]))
    return bool(due)


def next_at(rows: sqlite3.Connection) -> float | None:
    at: float | None = rows.execute("SELECT min(at) AS at FROM sequel").fetchone()["at"]
    return at


def give_back(books: Books, rows: sqlite3.Connection, payment: sqlite3.Row, settings: dict[str, str], now: float) -> None:
    """A credit that names the payment it returns, with the reason; less what the banks on the way kept."""
    kept = minor_units(Decimal(settings["less"]), payment["currency"])
    names = {name: payment[name] for name in ("message_id", "instruction_id", "end_to_end_id", "uetr", "remittance")}
    made = book(
        rows,
        iban=payment["debtor_iban"],
        amount=payment["amount"] - kept,
        kind="incoming",
        booked_at=now,
        bank_reference=next_reference(rows, "R"),
        counterparty=payment["creditor_name"],
        counterparty_account=payment["creditor_account"],
        return_reason=settings["code"],
        **names,
    )
    notices.announce(books, rows, made, now=now)
