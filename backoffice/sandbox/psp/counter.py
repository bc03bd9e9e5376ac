"""Everything that can be asked of the provider. Orders are idempotent by our reference; amounts are decimal text."""

import re
import sqlite3
import time
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from backoffice.sandbox.bank.fault_desk import fault_routes
from backoffice.sandbox.bank.money import NotAnAmount, major_text, minor_units
from backoffice.sandbox.bank.problems import Problem
from backoffice.sandbox.bank.server import Answer, Request, Routes
from backoffice.sandbox.psp import disputes, faults, refunds
from backoffice.sandbox.psp.books import FEE_BPS, FEE_FIXED, Books, hint, shown

# The cards of the sandbox: what their issuer says.
DECLINED = {"card_declined": "do_not_honour", "card_poor": "insufficient_funds"}
PAGE = 50


class Counter:
    def __init__(self, books: Books, *, wake: Callable[[], None] = lambda: None, clock: Callable[[], float] = time.time) -> None:
        self._books, self._wake, self._clock = books, wake, clock

    def routes(self) -> Routes:
        return (
            ("GET", re.compile("/healthz"), lambda _: Answer.json({"status": "ok"})),
            ("POST", re.compile("/v1/payments"), self.authorise),
            ("GET", re.compile("/v1/payments/([^/]+)"), self.payment),
            ("POST", re.compile("/v1/payments/([^/]+)/capture"), self.capture),
            ("POST", re.compile("/v1/payments/([^/]+)/refunds"), self.refund),
            ("GET", re.compile("/v1/settlements"), self.settlements),
            ("POST", re.compile("/sandbox/chargeback"), self.chargeback),
            ("POST", re.compile("/sandbox/chargeback_won"), self.won),
            ("POST", re.compile("/sandbox/settle"), self.settle),
            *fault_routes(self._books, self._clock, kinds=faults.KINDS),
        )

    def authorise(self, request: Request) -> Answer:
        """`reference`, `amount`, `currency`, `card`. The same reference again answers what became of the first."""
        return self._order("authorise", lambda rows: self._authorise(rows, request.json()))

    def payment(self, request: Request) -> Answer:
        with self._books.transaction() as rows:
            return Answer.json(self._there(rows, request.groups[0]))

    def capture(self, request: Request) -> Answer:
        """Take the money of an authorisation; taken already is taken once."""
        return self._order("capture", lambda rows: self._capture(rows, request.groups[0]))

    def refund(self, request: Request) -> Answer:
        """`reference`, `amount`: give so much of a captured payment back. The same reference again answers the same."""

        def take(rows: sqlite3.Connection) -> dict[str, object]:
            self._there(rows, request.groups[0])
            refunds.take(rows, request.groups[0], request.json(), self._clock())
            return self._there(rows, request.groups[0])

        return self._order("refund", take)

    def _order(self, verb: str, take: faults.Take) -> Answer:
        try:
            return Answer.json(faults.around(self._books, verb, take, now=self._clock()))
        finally:
            self._wake()

    def _authorise(self, rows: sqlite3.Connection, given: dict[str, str]) -> dict[str, object]:
        try:
            reference, currency, card = given["reference"], given["currency"], given["card"]
            amount = minor_units(Decimal(given["amount"]), currency)
        except KeyError as error:
            raise Problem(400, "field_missing", f"{error.args[0]} is missing") from error
        except (NotAnAmount, InvalidOperation) as error:
            raise Problem(422, "bad_amount", str(error)) from error
        there = shown(rows, reference)
        if there is not None and (there["amount"], there["currency"]) != (major_text(amount, currency), currency):
            raise Problem(409, "reference_reused", "this reference names another payment")
        if there is None:
            reason = DECLINED.get(card, "")
            status = "declined" if reason else "authorised"
            values = (reference, f"pay_{uuid.uuid4().hex[:16]}", amount, currency, status, reason)
            rows.execute("INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, 0, ?)", (*values, self._clock()))
        return self._there(rows, reference)

    def _capture(self, rows: sqlite3.Connection, reference: str) -> dict[str, object]:
        status = self._there(rows, reference)["status"]
        if status == "declined":
            raise Problem(422, "not_authorised", "the card was declined")
        if status == "authorised":
            row = rows.execute("SELECT * FROM payment WHERE reference = ?", (reference,)).fetchone()
            fee = row["amount"] * FEE_BPS // 10_000 + FEE_FIXED
            rows.execute("UPDATE payment SET status = 'captured', fee = ? WHERE reference = ?", (fee, reference))
            self._line(rows, "capture", reference, row["currency"], row["amount"], fee)
            hint(rows, "payment.captured", reference, self._clock())
        return self._there(rows, reference)

    def settlements(self, request: Request) -> Answer:
        """Batches after a sequence number, oldest first, each with its lines."""
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise Problem(400, "bad_sequence", "after must be a sequence number")
        with self._books.transaction() as rows:
            found = rows.execute("SELECT * FROM batch WHERE sequence > ? ORDER BY sequence LIMIT ?", (int(after), PAGE)).fetchall()
            return Answer.json({"data": [_batch(rows, row) for row in found]})

    def chargeback(self, request: Request) -> Answer:
        """The cardholder takes a captured payment back: `reference`; optional `amount`, else all that was not refunded or taken."""
        return self._about_dispute(request, disputes.open_one)

    def won(self, request: Request) -> Answer:
        """A dispute about `reference` is decided for us; its fee stays. Optional `dispute`, else the oldest that stands."""
        return self._about_dispute(request, disputes.win)

    def settle(self, _request: Request) -> Answer:
        """Close a batch per currency now. Paying it out is the process's business."""
        with self._books.transaction() as rows:
            made = close_batches(rows, self._clock())
        self._wake()
        return Answer.json({"sequences": made})

    def _about_dispute(
        self, request: Request, step: Callable[[sqlite3.Connection, sqlite3.Row, dict[str, str], float], None]
    ) -> Answer:
        given = request.json()
        reference = given.get("reference", "")
        with self._books.transaction() as rows:
            self._there(rows, reference)
            step(rows, rows.execute("SELECT * FROM payment WHERE reference = ?", (reference,)).fetchone(), given, self._clock())
            answer = Answer.json(shown(rows, reference))
        self._wake()
        return answer

    @staticmethod
    def _there(rows: sqlite3.Connection, reference: str) -> dict[str, object]:
        found = shown(rows, reference)
        if found is None:
            raise Problem(404, "payment_unknown", "no payment has this reference")
        return found

    @staticmethod
    def _line(rows: sqlite3.Connection, kind: str, reference: str, currency: str, gross: int, fee: int) -> None:
        values = (kind, reference, currency, gross, fee)
        rows.execute("INSERT INTO line (kind, reference, currency, gross, fee) VALUES (?, ?, ?, ?, ?)", values)


def close_batches(rows: sqlite3.Connection, now: float) -> list[int]:
    """A batch per currency of everything not settled yet, whether it pays, collects or comes to nothing."""
    waiting = "SELECT currency, sum(gross - fee) AS net FROM line WHERE batch IS NULL GROUP BY currency"
    made = []
    for row in rows.execute(waiting).fetchall():
        values = (row["currency"], row["net"], now)
        sequence = rows.execute("INSERT INTO batch (currency, net, closed_at) VALUES (?, ?, ?)", values).lastrowid
        rows.execute("UPDATE line SET batch = ? WHERE batch IS NULL AND currency = ?", (sequence, row["currency"]))
        made.append(int(sequence or 0))
    return made


def batch_reference(sequence: int) -> str:
    """What the bank transfer that pays a batch says."""
    return f"PSPBATCH{sequence:08}"


def _batch(rows: sqlite3.Connection, row: sqlite3.Row) -> dict[str, object]:
    currency = row["currency"]
    lines = rows.execute("SELECT * FROM line WHERE batch = ? ORDER BY number", (row["sequence"],)).fetchall()
    return {
        "sequence": row["sequence"],
        "reference": batch_reference(row["sequence"]),
        "currency": currency,
        "net": major_text(row["net"], currency),
        "lines": [
            {
                "number": line["number"],
                "kind": line["kind"],
                "reference": line["reference"],
                "gross": major_text(line["gross"], currency),
                "fee": major_text(line["fee"], currency),
                **({"dispute": line["dispute"]} if line["dispute"] else {}),
            }
            for line in lines
        ],
    }
