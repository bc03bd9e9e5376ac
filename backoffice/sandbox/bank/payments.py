"""Payment orders: taken or rejected at once, then carried out step by step (ACTC, ACSP, ACSC and booked).

A message is taken once. Its repeat gets the answer the first one got; another message under the same id is rejected (DU01).
"""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from backoffice.sandbox.bank import faults, hints, notices, pain001, pain002, sequels
from backoffice.sandbox.bank.books import Books, UnknownAccount, account_row, available_balance, book, insert, next_reference
from backoffice.sandbox.bank.money import NotAnAmount, minor_units
from backoffice.sandbox.bank.numbers import clabe_is_valid, iban_is_valid
from backoffice.sandbox.bank.pain001 import Instruction
from backoffice.sandbox.bank.pain002 import Outcome

TAKEN, ON_ITS_WAY, SETTLED, REJECTED = "ACTC", "ACSP", "ACSC", "RJCT"


class Rejected(Exception):
    """One transaction cannot be carried out: an ISO 20022 reason code and words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def submit(books: Books, content: bytes, *, now: float, settle_delay_s: float, hurry: bool = False) -> bytes:
    """The pain.002 that answers this message; in a `hurry` no order waits for its day. Raises pain001.BadMessage."""
    order = pain001.read(content)
    with books.transaction() as rows:
        stored = rows.execute("SELECT digest, answer FROM message WHERE message_id = ?", (order.message_id,)).fetchone()
        if stored is not None and stored["digest"] == order.digest:
            return bytes(stored["answer"])
        if stored is not None:
            words = "another message was received under this MsgId"
            return pain002.write_group_rejection(bic=books.bank.bic, message_id=order.message_id, code="DU01", words=words, at=now)
        outcomes = [_take(rows, order.message_id, one, now, settle_delay_s, hurry=hurry) for one in order.instructions]
        answer = pain002.write(bic=books.bank.bic, message_id=order.message_id, outcomes=outcomes, at=now)
        rows.execute("INSERT INTO message VALUES (?, ?, ?, ?)", (order.message_id, order.digest, answer, now))
    return answer


def status(books: Books, end_to_end_id: str, *, now: float) -> bytes | None:
    """The pain.002 with the present status; None when the bank never saw an order with this id. Of several orders under
    one id, that is the one that was taken: at most one is, and the others were rejected for it."""
    with books.transaction() as rows:
        row = rows.execute(
            "SELECT * FROM payment WHERE end_to_end_id = ? ORDER BY status = 'RJCT', id DESC", (end_to_end_id,)
        ).fetchone()
        is_behind = (
            row is not None
            and row["status"] == SETTLED
            and faults.use(rows, "reorder", now=now, remittance=row["remittance"]) is not None
        )
    if row is None:
        return None
    outcome = replace(_outcome(row), status=ON_ITS_WAY) if is_behind else _outcome(row)
    return pain002.write(bic=books.bank.bic, message_id=row["message_id"], outcomes=[outcome], at=now)


def carry_out(books: Books, rows: sqlite3.Connection, *, now: float, settle_delay_s: float) -> bool:
    """Take every payment whose time has come one step further; the last step books it. Returns whether there was any."""
    due = rows.execute("SELECT * FROM payment WHERE next_at <= ? ORDER BY next_at, id", (now,)).fetchall()
    for row in due:
        if row["status"] == TAKEN:
            rows.execute(
                "UPDATE payment SET status = ?, next_at = next_at + ? WHERE id = ?", (ON_ITS_WAY, settle_delay_s / 2, row["id"])
            )
        else:
            rows.execute("UPDATE payment SET status = ?, next_at = NULL WHERE id = ?", (SETTLED, row["id"]))
            _settle(books, rows, row, now)
        hints.add(rows, {"end_to_end_id": row["end_to_end_id"]}, now=now)
    return bool(due)


def _settle(books: Books, rows: sqlite3.Connection, row: sqlite3.Row, now: float) -> None:
    _book_both_ends(books, rows, row, now)
    if faults.use(rows, "duplicate", now=now, remittance=row["remittance"]) is not None:
        _book_both_ends(books, rows, row, now)
    if faults.use(rows, "confirm_twice", now=now, remittance=row["remittance"]) is not None:
        hints.add(rows, {"end_to_end_id": row["end_to_end_id"]}, now=now)
    sequels.plan(rows, row, now=now)


def _book_both_ends(books: Books, rows: sqlite3.Connection, row: sqlite3.Row, now: float) -> None:
    names = {name: row[name] for name in ("message_id", "instruction_id", "end_to_end_id", "uetr", "remittance", "bank_reference")}
    other = {"counterparty": row["creditor_name"], "counterparty_account": row["creditor_account"]}
    made = book(rows, iban=row["debtor_iban"], amount=-row["amount"], kind="payment", booked_at=now, **names, **other)
    notices.announce(books, rows, made, now=now)
    if _is_ours(rows, row["creditor_account"]):
        holder = account_row(rows, row["debtor_iban"])["holder"]
        other = {"counterparty": holder, "counterparty_account": row["debtor_iban"]}
        book(rows, iban=row["creditor_account"], amount=row["amount"], kind="incoming", booked_at=now, **names, **other)


def _take(
    rows: sqlite3.Connection, message_id: str, one: Instruction, now: float, settle_delay_s: float, *, hurry: bool
) -> Outcome:
    try:
        amount = _check(rows, one)
        _refuse_as_ordered(rows, one.remittance, now)
        verdict, code, words = TAKEN, "", ""
        begins = now if hurry else max(now, _start_of(one.execution_date))
        late = faults.use(rows, "settle_late", now=now, remittance=one.remittance) or {"seconds": "0"}
        next_at: float | None = begins + settle_delay_s / 2 + int(late["seconds"])
    except Rejected as refusal:
        amount, next_at = 0, None
        verdict, code, words = REJECTED, refusal.code, str(refusal)
    values: dict[str, object] = {
        "message_id": message_id,
        "payment_id": one.payment_id,
        "instruction_id": one.instruction_id,
        "end_to_end_id": one.end_to_end_id,
        "uetr": one.uetr,
        "debtor_iban": one.debtor_iban,
        "creditor_name": one.creditor_name,
        "creditor_account": one.creditor_account,
        "amount": amount,
        "currency": one.currency,
        "remittance": one.remittance,
        "status": verdict,
        "reason": code,
        "words": words,
        "bank_reference": next_reference(rows, "P"),
        "accepted_at": now,
        "next_at": next_at,
    }
    inserted = insert(rows, "payment", values)
    return _outcome(rows.execute("SELECT * FROM payment WHERE id = ?", (inserted,)).fetchone())


def _refuse_as_ordered(rows: sqlite3.Connection, remittance: str, now: float) -> None:
    """A drill may want a good order rejected. Raises Rejected."""
    settings = faults.use(rows, "reject", now=now, remittance=remittance)
    if settings is not None:
        raise Rejected(settings["code"], "rejected because a drill asked for it")


def _check(rows: sqlite3.Connection, one: Instruction) -> int:
    """The amount in minor units. Raises Rejected."""
    try:
        account = account_row(rows, one.debtor_iban)
    except UnknownAccount as error:
        raise Rejected("AC02", str(error)) from error
    if one.currency != account["currency"]:
        raise Rejected("AM03", f"the account is kept in {account['currency']}, the order is in {one.currency}")
    amount = _amount(one)
    _check_creditor(rows, one)
    _check_date(one.execution_date)
    earlier = rows.execute(
        "SELECT 1 FROM payment WHERE end_to_end_id = ? AND status <> ?", (one.end_to_end_id, REJECTED)
    ).fetchone()
    if earlier is not None:
        raise Rejected("AM05", "an order with this EndToEndId was already taken")
    if available_balance(rows, one.debtor_iban) < amount:
        raise Rejected("AM04", "the account does not hold enough")
    return amount


def _amount(one: Instruction) -> int:
    try:
        amount = minor_units(Decimal(one.amount), one.currency)
    except (NotAnAmount, InvalidOperation) as error:
        raise Rejected("AM12", f"the amount cannot be paid: {error}") from error
    if amount <= 0:
        raise Rejected("AM01", "the amount must be more than zero")
    return amount


def _check_creditor(rows: sqlite3.Connection, one: Instruction) -> None:
    checks = {"IBAN": iban_is_valid, "CLABE": clabe_is_valid}
    check = checks.get(one.account_scheme)
    if check is not None and not check(one.creditor_account):
        raise Rejected("AC01", f"{one.creditor_account} is not a {one.account_scheme}: check digits")
    if _is_ours(rows, one.creditor_account) and account_row(rows, one.creditor_account)["currency"] != one.currency:
        raise Rejected("AC09", "the creditor's account is kept in another currency")


def _check_date(written: str) -> None:
    try:
        date.fromisoformat(written)
    except ValueError as error:
        raise Rejected("DT01", "the execution date cannot be read") from error


def _start_of(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def _is_ours(rows: sqlite3.Connection, account: str) -> bool:
    return rows.execute("SELECT 1 FROM account WHERE iban = ?", (account,)).fetchone() is not None


def _outcome(row: sqlite3.Row) -> Outcome:
    return Outcome(
        payment_id=row["payment_id"],
        instruction_id=row["instruction_id"],
        end_to_end_id=row["end_to_end_id"],
        uetr=row["uetr"],
        status=row["status"],
        code=row["reason"],
        words=row["words"],
        bank_reference=row["bank_reference"],
    )
