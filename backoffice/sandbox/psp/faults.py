"""What the provider does wrong on purpose with an order: so often, or with one kind of request alone."""

import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from backoffice.sandbox.bank import faults
from backoffice.sandbox.bank.problems import HangUp, Problem
from backoffice.sandbox.psp.books import Books

VERBS = ("authorise", "capture", "refund")
# An authorisation moves nothing.
BOOKED = ("capture", "refund")
KINDS: faults.Kinds = {
    "timeout_after": {},
    "timeout_before": {},
    "lose": {},
    "refuse": {},
    "duplicate": {},
    "lie": {"by": "0.01"},
}
Shown = dict[str, Any]
Take = Callable[[sqlite3.Connection], Shown]


class _Undone(Exception):
    """Carries an answer out of a transaction that is not kept."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self.shown = shown


def around(books: Books, verb: str, take: Take, *, now: float) -> Shown:
    """The answer to an order, with the oldest fault in force for it. Raises HangUp, Problem."""
    kind, settings = _next(books, verb, now)
    if kind == "timeout_before":
        raise HangUp("the order is not looked at")
    if kind == "refuse":
        raise Problem(422, "refused", "the provider does not want to")
    shown = _taken(books, take, is_kept=kind != "lose")
    if kind == "duplicate":
        _book_again(books)
    if kind == "timeout_after":
        raise HangUp("the order was taken, and the answer is lost")
    return _short(shown, settings["by"]) if kind == "lie" else shown


def _next(books: Books, verb: str, now: float) -> tuple[str, Mapping[str, str]]:
    """Which fault this order meets, counted as used; empty for none."""
    with books.transaction() as rows:
        in_force = rows.execute("SELECT kind FROM fault WHERE ended_at IS NULL ORDER BY made_at, id").fetchall()
        for row in in_force:
            if row["kind"] == "duplicate" and verb not in BOOKED:
                continue
            if (settings := faults.use(rows, row["kind"], now=now, remittance=verb)) is not None:
                return row["kind"], settings
    return "", {}


def _taken(books: Books, take: Take, *, is_kept: bool) -> Shown:
    try:
        with books.transaction() as rows:
            shown = take(rows)
            if not is_kept:
                raise _Undone(shown)
            return shown
    except _Undone as undone:
        return undone.shown


def _book_again(books: Books) -> None:
    """The newest line once more: charged, or given back, twice for one order."""
    with books.transaction() as rows:
        rows.execute(
            "INSERT INTO line (kind, reference, currency, gross, fee, dispute)"
            " SELECT kind, reference, currency, gross, fee, dispute FROM line ORDER BY number DESC LIMIT 1"
        )


def _short(shown: Shown, by: str) -> Shown:
    """The answer, over so much less: of the newest refund where there is one, else of the payment."""
    *older, newest = shown["refunds"] or [shown]
    newest = newest | {"amount": str(Decimal(newest["amount"]) - Decimal(by))}
    return shown | {"refunds": [*older, newest]} if shown["refunds"] else newest
