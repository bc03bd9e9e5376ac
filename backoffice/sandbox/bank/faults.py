"""Fault orders: what a counter does wrong on purpose, so often or until called off. Kept in its books, they outlive a restart."""

import json
import re
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal, InvalidOperation
from typing import Protocol

from backoffice.sandbox.bank.problems import Problem

# Kinds with their settings and what these are when nothing is said.
Kinds = Mapping[str, Mapping[str, str]]
KINDS: Kinds = {
    "timeout": {},
    "lose": {},
    "slow": {"seconds": "5"},
    "down": {},
    "reject": {"code": "AC04"},
    "settle_late": {"seconds": "60"},
    "duplicate": {},
    "confirm_twice": {},
    "reorder": {},
    "return": {"code": "AC04", "seconds": "5", "less": "0"},
    "contradict": {"code": "AC04", "seconds": "5"},
    "wrong_amount": {"by": "1.00"},
    "statement_late": {"seconds": "60"},
    "statement_missing": {},
    "recall_refused": {"code": "CUST"},
    "recall_unanswered": {},
    "recall_timeout": {},
    "recall_lost": {},
    "hint_lost": {},
    "hint_late": {"seconds": "30"},
    "hint_reorder": {},
    "take_back": {"code": "FRAD"},
}
# These describe a condition rather than a single event: without a number they hold until called off.
_LASTING = frozenset({"slow", "down"})
# Any order may be for one payment alone, that with this remittance text; at the card provider, for one kind of request.
ONLY = "only"
_MOST_TIMES, _MOST_SECONDS = 1000, 86_400
_CODE = re.compile(r"[A-Z0-9]{4}")


class Books(Protocol):
    """Whatever has a table of faults."""

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, one at a time."""


def order(books: Books, given: Mapping[str, str], *, now: float, kinds: Kinds = KINDS) -> str:
    """A new order's id. Raises Problem for one that could not be followed."""
    kind = given.get("kind", "")
    if kind not in kinds:
        raise Problem(422, "unknown_fault", f"{kind or 'nothing'} is no fault that is known here; there are {', '.join(kinds)}")
    unknown = set(given) - set(kinds[kind]) - {"kind", "times", ONLY}
    if unknown:
        raise Problem(422, "unknown_setting", f"{kind} has no setting {', '.join(sorted(unknown))}")
    settings = {name: given.get(name, usual) for name, usual in kinds[kind].items()}
    settings |= {ONLY: given[ONLY]} if given.get(ONLY) else {}
    for name, value in settings.items():
        if not _CHECKS[name](value):
            raise Problem(422, "bad_setting", f"{name} of {kind} cannot be {value!r}")
    fault_id = uuid.uuid4().hex
    with books.transaction() as rows:
        rows.execute(
            "INSERT INTO fault (id, kind, settings, times, made_at) VALUES (?, ?, ?, ?, ?)",
            (fault_id, kind, json.dumps(settings), _times(kind, given.get("times", "")), now),
        )
    return fault_id


def in_force(books: Books) -> list[dict[str, object]]:
    """Oldest first."""
    with books.transaction() as rows:
        found = rows.execute("SELECT * FROM fault WHERE ended_at IS NULL ORDER BY made_at, id").fetchall()
    return [
        {**{name: row[name] for name in ("id", "kind", "times", "used")}, "settings": json.loads(row["settings"])} for row in found
    ]


def call_off(books: Books, fault_id: str, *, now: float) -> None:
    """Raises Problem when there is no such order. Calling off an ended one changes nothing."""
    with books.transaction() as rows:
        if rows.execute("SELECT 1 FROM fault WHERE id = ?", (fault_id,)).fetchone() is None:
            raise Problem(404, "fault_unknown", "no such order")
        rows.execute("UPDATE fault SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, fault_id))


def use(rows: sqlite3.Connection, kind: str, *, now: float, remittance: str = "") -> dict[str, str] | None:
    """The settings of the oldest order of this kind for such a payment, which counts as used once more by that; None when there is
    none."""
    row = rows.execute(
        "SELECT * FROM fault WHERE kind = ? AND ended_at IS NULL AND coalesce(settings ->> 'only', ?) = ? ORDER BY made_at, id",
        (kind, remittance, remittance),
    ).fetchone()
    if row is None:
        return None
    used = row["used"] + 1
    ended = now if row["times"] is not None and used >= row["times"] else None
    rows.execute("UPDATE fault SET used = ?, ended_at = ? WHERE id = ?", (used, ended, row["id"]))
    settings: dict[str, str] = json.loads(row["settings"])
    return settings


def used(books: Books, kind: str, *, now: float) -> dict[str, str] | None:
    """`use` in a transaction of its own."""
    with books.transaction() as rows:
        return use(rows, kind, now=now)


def _times(kind: str, given: str) -> int | None:
    if not given:
        return None if kind in _LASTING else 1
    if not given.isdecimal() or not 0 < int(given) <= _MOST_TIMES:
        raise Problem(422, "bad_setting", f"times must be 1 to {_MOST_TIMES}")
    return int(given)


def _is_seconds(value: str) -> bool:
    return value.isdecimal() and int(value) <= _MOST_SECONDS


def _is_code(value: str) -> bool:
    return _CODE.fullmatch(value) is not None


def _is_amount(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "seconds": _is_seconds,
    "code": _is_code,
    "less": lambda value: _is_amount(value) and Decimal(value) >= 0,
    ONLY: lambda value: bool(value),
    "by": lambda value: _is_amount(value) and Decimal(value) != 0,
}
