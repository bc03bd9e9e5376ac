"""Everything that can be asked of the bank, as actions behind addresses."""

import re
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from backoffice.sandbox.bank import desk, faults, pain001, payments, recalls, statements
from backoffice.sandbox.bank.books import (
    Books,
    UnknownAccount,
    account_row,
    available_balance,
    book,
    booked_balance,
    next_reference,
)
from backoffice.sandbox.bank.fault_desk import fault_routes
from backoffice.sandbox.bank.money import NotAnAmount, major_text, minor_units
from backoffice.sandbox.bank.problems import HangUp, Problem
from backoffice.sandbox.bank.server import Answer, Request, Routes


class Counter:
    """`wake` tells the clerk that there may be something to do; in a `hurry`, orders are not kept until their day."""

    def __init__(
        self,
        books: Books,
        *,
        settle_delay_s: float,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
        hurry: bool = False,
    ) -> None:
        self._books = books
        self._settle_delay_s = settle_delay_s
        self._wake = wake
        self._clock = clock
        self._hurry = hurry

    def routes(self) -> Routes:
        return (
            ("GET", re.compile("/healthz"), self.health),
            ("GET", re.compile("/accounts"), self.accounts),
            ("POST", re.compile("/payments"), self.submit),
            ("GET", re.compile("/payments/([^/]+)"), self.payment),
            ("POST", re.compile("/recalls"), self.recall),
            ("GET", re.compile("/recalls/([^/]+)"), self.recall_status),
            ("GET", re.compile("/statements/([^/]+)"), self.statements),
            ("POST", re.compile("/statements/([^/]+)/close"), self.close),
            ("POST", re.compile("/sandbox/incoming"), self.incoming),
            ("POST", re.compile("/sandbox/collection"), self.collection),
            ("POST", re.compile("/sandbox/fee"), self.fee),
            ("POST", re.compile("/desk/quotes"), self.quote),
            *fault_routes(self._books, self._clock, wake=self._wake),
            ("POST", re.compile("/sandbox/statements/([0-9]+)/find"), self.find_statement),
        )

    def health(self, _request: Request) -> Answer:
        return Answer.json({"status": "ok"})

    def accounts(self, _request: Request) -> Answer:
        with self._books.transaction() as rows:
            found = [dict(row) for row in rows.execute("SELECT iban, holder, currency FROM account ORDER BY iban")]
            for account in found:
                account["booked"] = major_text(booked_balance(rows, account["iban"]), account["currency"])
                account["available"] = major_text(available_balance(rows, account["iban"]), account["currency"])
        return Answer.json({"bank": self._books.bank.name, "bic": self._books.bank.bic, "data": found})

    def submit(self, request: Request) -> Answer:
        if faults.used(self._books, "lose", now=self._clock()) is not None:
            raise HangUp("the order is lost")
        try:
            answer = payments.submit(
                self._books, request.body, now=self._clock(), settle_delay_s=self._settle_delay_s, hurry=self._hurry
            )
        except pain001.BadMessage as error:
            raise Problem(400, "bad_message", str(error)) from error
        self._wake()
        if faults.used(self._books, "timeout", now=self._clock()) is not None:
            raise HangUp("the order was taken, and the answer is lost")
        return Answer.xml(answer)

    def payment(self, request: Request) -> Answer:
        answer = payments.status(self._books, request.groups[0], now=self._clock())
        if answer is None:
            raise Problem(404, "payment_unknown", "no order with this end-to-end id was ever taken")
        return Answer.xml(answer)

    def recall(self, request: Request) -> Answer:
        if faults.used(self._books, "recall_lost", now=self._clock()) is not None:
            raise HangUp("the recall is lost")
        try:
            answer = recalls.ask(self._books, request.body, now=self._clock())
        except pain001.BadMessage as error:
            raise Problem(400, "bad_message", str(error)) from error
        self._wake()
        if faults.used(self._books, "recall_timeout", now=self._clock()) is not None:
            raise HangUp("the recall was taken, and the answer is lost")
        return Answer.xml(answer)

    def recall_status(self, request: Request) -> Answer:
        answer = recalls.status(self._books, request.groups[0], now=self._clock())
        if answer is None:
            raise Problem(404, "recall_unknown", "nobody asked for anything back under this id")
        return Answer.xml(answer)

    def statements(self, request: Request) -> Answer:
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise Problem(400, "bad_sequence", "after must be a sequence number")
        try:
            page, more = statements.after(self._books, request.groups[0], int(after), now=self._clock())
        except UnknownAccount as error:
            raise Problem(404, "account_unknown", str(error)) from error
        return Answer.json({"data": page, "has_more": more})

    def close(self, request: Request) -> Answer:
        try:
            with self._books.transaction() as rows:
                sequence = statements.close(self._books, rows, request.groups[0], now=self._clock())
        except UnknownAccount as error:
            raise Problem(404, "account_unknown", str(error)) from error
        return Answer.json({"sequence": sequence})

    def incoming(self, request: Request) -> Answer:
        """Somebody pays in: `iban`, `amount`; optional `name`, `account`, `remittance`, `end_to_end_id`."""
        given = request.json()
        return self._book(given, sign=1, kind="incoming", counterparty=given.get("name", "Unknown payer"))

    def collection(self, request: Request) -> Answer:
        """Somebody collects by direct debit: `iban`, `amount`, `name`; optional `account`, `remittance`, `end_to_end_id`."""
        given = request.json()
        return self._book(given, sign=-1, kind="payment", counterparty=given.get("name", "Unknown creditor"), is_collected=1)

    def fee(self, request: Request) -> Answer:
        """The bank takes a fee: `iban`, `amount`; optional `remittance`."""
        given = request.json()
        return self._book({"remittance": "Account fee", **given}, sign=-1, kind="fee", counterparty=self._books.bank.name)

    def gate(self, path: str) -> None:
        """What a fault does to every request but those of the drill itself. Raises Problem."""
        if path.startswith("/sandbox/") or path == "/healthz":
            return
        slow = faults.used(self._books, "slow", now=self._clock())
        if slow is not None:
            time.sleep(int(slow["seconds"]))
        if faults.used(self._books, "down", now=self._clock()) is not None:
            raise Problem(503, "down", "the bank is closed for maintenance")

    def find_statement(self, request: Request) -> Answer:
        """A statement that was left out turns up again, on whatever account has it."""
        statements.find(self._books, int(request.groups[0]))
        return Answer.json({"sequence": int(request.groups[0])})

    def quote(self, request: Request) -> Answer:
        given = request.json()
        try:
            asked = {name: given[name] for name in ("source_currency", "target_currency", "source_amount")}
            return Answer.json(desk.quote(**asked, now=self._clock()))
        except KeyError as error:
            raise Problem(400, "field_missing", f"{error.args[0]} is missing") from error
        except desk.NotQuoted as error:
            raise Problem(422, "not_quoted", str(error)) from error

    def _book(self, given: dict[str, str], *, sign: int, kind: str, counterparty: str, is_collected: int = 0) -> Answer:
        try:
            with self._books.transaction() as rows:
                currency = account_row(rows, given["iban"])["currency"]
                amount = minor_units(Decimal(given["amount"]), currency)
                if amount <= 0:
                    raise NotAnAmount("the amount must be more than zero")
                reference = next_reference(rows, "B")
                details: dict[str, str | int] = {"counterparty": counterparty, "counterparty_account": given.get("account", "")}
                details |= {"remittance": given.get("remittance", ""), "end_to_end_id": given.get("end_to_end_id", "")}
                details["is_collected"] = is_collected
                now = self._clock()
                book(rows, iban=given["iban"], amount=sign * amount, kind=kind, booked_at=now, bank_reference=reference, **details)
        except KeyError as error:
            raise Problem(400, "field_missing", f"{error.args[0]} is missing") from error
        except UnknownAccount as error:
            raise Problem(404, "account_unknown", str(error)) from error
        except (NotAnAmount, InvalidOperation) as error:
            raise Problem(422, "bad_amount", f"the amount cannot be booked: {error}") from error
        self._wake()
        return Answer.json({"bank_reference": reference})
