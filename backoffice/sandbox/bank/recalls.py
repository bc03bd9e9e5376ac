"""Recalls (camt.056): a payment that is not settled yet is stopped; of one that is, its beneficiary is asked, and gives it back.

Drills make the beneficiary refuse, or make nobody ever answer. A repeat under the same id asks once.
"""

import sqlite3
from dataclasses import dataclass

from lxml import etree

from backoffice.sandbox.bank import camt029, faults, hints, sequels
from backoffice.sandbox.bank.books import Books, insert
from backoffice.sandbox.bank.pain001 import BadMessage

# How long the beneficiary thinks about it, and what the credit is booked with: "following cancellation request".
THINKS_S = 2.0
_RETURNED = {"code": "FOCR", "less": "0"}
_SETTLED, _REJECTED = "ACSC", "RJCT"


@dataclass(frozen=True, slots=True)
class _Asked:
    recall_id: str
    end_to_end_id: str
    code: str


def ask(books: Books, content: bytes, *, now: float) -> bytes:
    """The camt.029 that answers this request. Raises BadMessage."""
    asked = _read(content)
    with books.transaction() as rows:
        if _found(rows, asked.recall_id) is None:
            _take(rows, asked, now)
    return status(books, asked.recall_id, now=now) or b""


def status(books: Books, recall_id: str, *, now: float) -> bytes | None:
    """The camt.029 as things stand; None when the bank was never asked under this id."""
    with books.transaction() as rows:
        row = _found(rows, recall_id)
    if row is None:
        return None
    said = {name: row[name] for name in ("recall_id", "end_to_end_id", "status", "code", "words")}
    return camt029.write(bic=books.bank.bic, at=now, **said)


def carry_out(books: Books, rows: sqlite3.Connection, *, now: float) -> bool:
    """Decide what is due. Returns whether there was any."""
    due = rows.execute("SELECT * FROM recall WHERE at <= ? ORDER BY at, id", (now,)).fetchall()
    for recall in due:
        _decide(books, rows, recall, now)
        hints.add(rows, {"end_to_end_id": recall["end_to_end_id"], "recall_id": recall["recall_id"]}, now=now)
    return bool(due)


def next_at(rows: sqlite3.Connection) -> float | None:
    at: float | None = rows.execute("SELECT min(at) AS at FROM recall").fetchone()["at"]
    return at


def _take(rows: sqlite3.Connection, asked: _Asked, now: float) -> None:
    payment = rows.execute(
        "SELECT * FROM payment WHERE end_to_end_id = ? AND status <> ? ORDER BY id DESC", (asked.end_to_end_id, _REJECTED)
    ).fetchone()
    values = {
        "recall_id": asked.recall_id,
        "end_to_end_id": asked.end_to_end_id,
        "payment": payment["id"] if payment is not None else None,
        "status": camt029.PENDING,
        "code": "",
        "words": "",
        "at": now + THINKS_S,
    }
    if payment is None:
        values |= {"status": camt029.REFUSED, "code": "NOOR", "words": "no such payment was received", "at": None}
    elif faults.use(rows, "recall_unanswered", now=now, remittance=payment["remittance"]) is not None:
        values["at"] = None
    insert(rows, "recall", values)


def _decide(books: Books, rows: sqlite3.Connection, recall: sqlite3.Row, now: float) -> None:
    payment = rows.execute("SELECT * FROM payment WHERE id = ?", (recall["payment"],)).fetchone()
    refused = faults.use(rows, "recall_refused", now=now, remittance=payment["remittance"])
    if refused is not None:
        _answer(rows, recall, camt029.REFUSED, refused["code"], "the beneficiary does not agree")
        return
    if payment["status"] == _SETTLED:
        sequels.give_back(books, rows, payment, _RETURNED, now)
    else:
        rows.execute(
            "UPDATE payment SET status = ?, reason = 'CUST', words = 'stopped as you asked', next_at = NULL WHERE id = ?",
            (_REJECTED, payment["id"]),
        )
    _answer(rows, recall, camt029.ACCEPTED, "", "")


def _answer(rows: sqlite3.Connection, recall: sqlite3.Row, status: str, code: str, words: str) -> None:
    values = (status, code, words, recall["id"])
    rows.execute("UPDATE recall SET status = ?, code = ?, words = ?, at = NULL WHERE id = ?", values)


def _found(rows: sqlite3.Connection, recall_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = rows.execute("SELECT * FROM recall WHERE recall_id = ?", (recall_id,)).fetchone()
    return row


def _read(content: bytes) -> _Asked:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadMessage(f"not well-formed XML: {error}") from error
    namespace = etree.QName(root).namespace or ""
    if "camt.056.001." not in namespace or root.getroottree().docinfo.internalDTD is not None:
        raise BadMessage("only camt.056.001 messages without a DTD are taken")
    names, transaction = {"c": namespace}, "c:FIToFIPmtCxlReq/c:Undrlyg/c:TxInf"
    paths = (f"{transaction}/c:CxlId", f"{transaction}/c:OrgnlEndToEndId", f"{transaction}/c:CxlRsnInf/c:Rsn/c:Cd")
    found = [(root.findtext(path, default="", namespaces=names) or "").strip() for path in paths]
    if not all(found):
        raise BadMessage("a recall names itself, the payment by its end-to-end id, and its reason")
    return _Asked(*found)
