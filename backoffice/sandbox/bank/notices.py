"""Debit and credit notices (camt.054): sent like hints, signed and repeated until taken, as soon as something is booked."""

import sqlite3
import uuid

from backoffice.sandbox.bank import hints
from backoffice.sandbox.bank.books import Books, account_row
from backoffice.sandbox.bank.camt053 import time_text, write_account, write_entry
from backoffice.sandbox.bank.xml import Writer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def announce(books: Books, rows: sqlite3.Connection, booking: sqlite3.Row, *, now: float) -> None:
    """Queue the notice in the transaction of the booking itself."""
    hints.queue(rows, write(books, rows, booking, now=now).decode(), now=now)


def write(books: Books, rows: sqlite3.Connection, booking: sqlite3.Row, *, now: float) -> bytes:
    account = account_row(rows, booking["iban"])
    writer = Writer(NAMESPACE)
    message = writer.add(writer.root, "BkToCstmrDbtCdtNtfctn")
    header = writer.add(message, "GrpHdr")
    writer.add(header, "MsgId", f"CAMT054-{uuid.uuid4().hex[:26]}")
    writer.add(header, "CreDtTm", time_text(now))
    notice = writer.add(message, "Ntfctn")
    writer.add(notice, "Id", f"{booking['iban'][-8:]}-N{booking['id']:08d}")
    writer.add(notice, "CreDtTm", time_text(now))
    write_account(writer, notice, books.bank, account)
    write_entry(writer, notice, account["currency"], booking)
    return writer.content()
