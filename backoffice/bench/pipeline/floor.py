"""The floor: the same rows in the same tables in as many commits, each commit one function of bare SQL, past the same triggers.

What counts up (balances, limits, versions) counts up by as much as it did for ours; entries of guarded accounts carry the balance
that they leave.
"""

import secrets
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from audit.identity import new_id, new_reference
from backoffice.bench.pipeline.shapes import HASHES, Column, Recording, Write
from backoffice.bench.pipeline.speech import NUMBERS, Speech
from ledger.chart import AccountType

_BALANCE, _ENTRY, _POSTING = "ledger_balance", "ledger_entry", "ledger_ledgertransaction"
# When the database itself was told.
_NOW = ("booked_at", "recorded_at", "placed_at", "ended_at")
_TOLD = "value_at"
_FUNCTION = """
    CREATE FUNCTION {name}(names text[], nonce bigint) RETURNS void
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $bench$
    DECLARE moment timestamptz := clock_timestamp();
    BEGIN
    {body}
    END $bench$
"""


def functions(recording: Recording) -> list[str]:
    """Names of the functions that `install` makes, one per commit, in order."""
    return [f"bench_pipeline_{recording.client.replace('-', '_')}_{number}" for number, _ in enumerate(recording.commits)]


def install(recordings: Sequence[Recording]) -> None:
    """Make the functions of every client in the current database."""
    with connection.cursor() as cursor:
        for recording in recordings:
            for name, commit in zip(functions(recording), recording.commits, strict=True):
                body = "\n".join(f"    {statement};" for statement in statements(recording, commit))
                cursor.execute(_FUNCTION.format(name=name, body=body))


def new_names(recording: Recording) -> list[str]:
    """Names of the same kinds for one more transfer."""
    return [_like(name) for name in recording.names]


def _like(name: str) -> str:
    if name[:2] in HASHES:
        return name[:2] + secrets.token_hex(32)
    return str(new_id()) if "-" in name else new_reference()


def statements(recording: Recording, commit: Sequence[Write]) -> Iterator[str]:
    """What one commit writes, in its order. A posting and its entries are one statement, as the book demands."""
    speech = Speech(recording.names, lambda place: f"names[{place + 1}]", moment="moment", nonce="nonce")
    for write in commit:
        entries = [one for one in commit if one.table == _ENTRY and one.after["transaction_id"] == write.after.get("id")]
        if write.table == _POSTING:
            yield f"WITH posting AS ({_insert(speech, [write], commit)}) {_insert(speech, entries, commit)}"
        elif write.table != _ENTRY:
            yield _insert(speech, [write], commit) if write.is_insert else _update(speech, write, commit)


def _insert(speech: Speech, writes: Sequence[Write], commit: Sequence[Write]) -> str:
    table, columns = writes[0].table, [column for column in writes[0].columns if not column.is_counted]
    rows = ", ".join(f"({', '.join(_row(speech, write, columns, commit))})" for write in writes)
    return f"INSERT INTO {table} ({', '.join(_named(column.name) for column in columns)}) VALUES {rows}"  # noqa: S608 - recorded


def _row(speech: Speech, write: Write, columns: Sequence[Column], commit: Sequence[Write]) -> list[str]:
    running = _running(write, commit) if write.table == _ENTRY and write.after["balance_after"] is not None else {}
    return [running.get(column.name) or _value(speech, write, column.name, commit) for column in columns]


def _update(speech: Speech, write: Write, commit: Sequence[Write]) -> str:
    before = write.before or {}
    changed = [column for column in write.columns if before[column.name] != write.after[column.name]]
    sets = ", ".join(f"{_named(column.name)} = {_moved(speech, write, column, commit)}" for column in changed)
    which = " AND ".join(f"{_named(name)} = {_value(speech, write, name, commit)}" for name in write.key)
    return f"UPDATE {write.table} SET {sets or _nothing(write)} WHERE {which}"  # noqa: S608 - as recorded


def _nothing(write: Write) -> str:
    """A row that was written as it was."""
    name = _named(next(iter(write.key)))
    return f"{name} = {name}"


def _moved(speech: Speech, write: Write, column: Column, commit: Sequence[Write]) -> str:
    old, new = (write.before or {})[column.name], write.after[column.name]
    if old is None or new is None or not column.type.startswith(NUMBERS):
        return _value(speech, write, column.name, commit)
    return f"{_named(column.name)} + ({Decimal(new) - Decimal(old):f})"


def _value(speech: Speech, write: Write, name: str, commit: Sequence[Write]) -> str:
    if name in _NOW and write.after[name] is not None:
        return speech.moment
    if name == _TOLD:
        # The trail says it in words, which stay as they were recorded.
        return f"'{write.after[name]}'::timestamptz"
    column = next(column for column in write.columns if column.name == name)
    return speech.value(column, write.after[name], txid=write.txid, since=commit[0].at)


def _running(write: Write, commit: Sequence[Write]) -> dict[str, str]:
    """The balance that an entry leaves, read from the balance at its place in the commit."""
    account = write.after["account_id"]
    moves = [one for one in commit if one.table == _BALANCE and one.after["account_id"] == account]
    later = next((one for one in moves if one.seq > write.seq), None)
    known = later.before if later else max((one for one in moves if one.seq < write.seq), key=lambda one: one.seq).after
    sign = 1 if _grows_by_debit(account) else -1
    known = known or {}
    net = sign * (int(known["debits"] or 0) - int(known["credits"] or 0))
    more = int(write.after["balance_after"] or 0) - net
    later_version = int(write.after["account_version"] or 0) - int(known["version"] or 0)
    of = f"FROM ledger_balance WHERE account_id = '{account}'"
    return {
        "balance_after": f"(SELECT {sign} * (debits - credits) + ({more}) {of})",
        "account_version": f"(SELECT version + ({later_version}) {of})",
    }


def _grows_by_debit(account_id: str | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT type FROM ledger_account WHERE id = %s", [account_id and UUID(account_id)])
        row: Any = cursor.fetchone()
    return row[0] in (AccountType.ASSET, AccountType.EXPENSE)


def _named(name: str) -> str:
    return f'"{name}"'
