"""Money that came in and is taken back by the sender's bank, when an order wants it so: a debit that names what it returns."""

import json
import sqlite3

from backoffice.sandbox.bank import faults, notices
from backoffice.sandbox.bank.books import Books, book, next_reference

# What came in and is nobody's return itself, nor taken back already; what the card provider settles is not taken back by a bank.
_LATEST = """
    SELECT * FROM booking AS paid
     WHERE kind = 'incoming' AND amount > 0 AND return_reason = '' AND remittance NOT LIKE '%PSPBATCH%'
       AND (:only = '' OR remittance = :only)
       AND NOT EXISTS (SELECT 1 FROM booking AS taken WHERE taken.returns = paid.bank_reference)
     ORDER BY id DESC LIMIT 1
"""


def carry_out(books: Books, rows: sqlite3.Connection, *, now: float) -> bool:
    """The newest payment for each order, as often as it says; an order that finds none waits. Returns whether there was any."""
    found = False
    for order in rows.execute("SELECT * FROM fault WHERE kind = 'take_back' AND ended_at IS NULL ORDER BY made_at, id").fetchall():
        only = json.loads(order["settings"]).get(faults.ONLY, "")
        for _ in range((order["times"] or 1) - order["used"]):
            paid = rows.execute(_LATEST, {"only": only}).fetchone()
            settings = None if paid is None else faults.use(rows, "take_back", now=now, remittance=paid["remittance"])
            if settings is None:
                break
            _take(books, rows, paid, settings["code"], now)
            found = True
    return found


def _take(books: Books, rows: sqlite3.Connection, paid: sqlite3.Row, code: str, now: float) -> None:
    made = book(
        rows,
        iban=paid["iban"],
        amount=-paid["amount"],
        kind="payment",
        booked_at=now,
        bank_reference=next_reference(rows, "T"),
        counterparty=paid["counterparty"],
        counterparty_account=paid["counterparty_account"],
        remittance=paid["remittance"],
        end_to_end_id=paid["end_to_end_id"],
        return_reason=code,
        returns=paid["bank_reference"],
    )
    notices.announce(books, rows, made, now=now)
