"""One who takes the guards off, changes one column of one row of the books and puts the guards back is found by the proofs:
every column of every table of this floor, as the catalogue lists them, or it says here why it tells nothing."""

import pytest
from django.db import connection

from ledger.proofs.running import prove
from tests.ledger.lies import lie
from tests.ledger.told import found
from tests.ledger.whole import db, whole

__all__ = ["db", "whole"]
pytestmark = pytest.mark.usefixtures("db")

# The row that is lied about: one in which the column says something.
ROWS = {
    "ledger_asset": "id = 'USDC.ethereum'",
    "ledger_account": "code = 'client:acme:USDC.ethereum'",
    "ledger_balance": "account_id = (SELECT id FROM ledger_account WHERE code = 'client:acme:USDC.ethereum')",
    "ledger_ledgertransaction": "reference = 'after-1'",
    "ledger_entry": "credit > 0 AND transaction_id = (SELECT id FROM ledger_ledgertransaction WHERE reference = 'after-1')",
    "ledger_hold": "reference = 'after-paid'",
    "ledger_period": "month = '2026-01-01'",
    "ledger_proof_checkpoint": "number = 1",
    "ledger_proof_sum": "account_id = (SELECT id FROM ledger_account WHERE code = 'client:acme:USDC.ethereum')",
    "ledger_carry": "until = (SELECT min(until) FROM ledger_carry)",
    "ledger_carry_balance": "until = (SELECT min(until) FROM ledger_carry)"
    " AND account_id = (SELECT id FROM ledger_account WHERE code = 'client:acme:USDC.ethereum')",
    "ledger_snapshot": "true",
}
# What a lie makes of a column, by its type; `{0}` is the column.
BY_TYPE = {
    "text": "{0} || 'x'",
    "uuid": "gen_random_uuid()",
    "bytea": "sha256('a lie')",
    "numeric": "coalesce({0}, 0) + 1",
    "integer": "{0} + 1",
    "smallint": "{0} + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "boolean": "NOT {0}",
    "jsonb": '\'{{"a": "lie"}}\'',
    "date": "{0} - 31",
    "timestamp with time zone": "coalesce({0}, now()) - interval '1 second'",
}
# Where a CHECK lets only certain words in, or only another row says anything.
LIES = {
    "ledger_asset.kind": "kind = 'native'",
    "ledger_account.kind": "kind = 'quarantine'",
    "ledger_account.type": "type = 'equity', kind = 'position'",
    "ledger_account.guarded": "guarded = true WHERE code = 'wallet:hot-1:USDC.ethereum'",
    "ledger_account.status": "status = 'closed', closed_at = now()",
    "ledger_account.closed_at": "closed_at = closed_at - interval '1 second' WHERE code = 'wallet:after'",
    "ledger_ledgertransaction.forced_kind": "forced_kind = 'return'",
    "ledger_ledgertransaction.reverses_id": "reverses_id = NULL WHERE reference = 'after-undone'",
    "ledger_ledgertransaction.adjusts_id": "adjusts_id = NULL WHERE reference = 'after-more'",
    "ledger_entry.debit": "debit = credit, credit = 0",
    "ledger_hold.status": "status = 'released', settled_amount = NULL",
    "ledger_period.status": "status = 'open', closed_at = NULL",
    "ledger_snapshot.kind": "kind = 'balances'",
    "ledger_snapshot.basis": "basis = 'value_at'",
    "ledger_snapshot.at": "at = at - interval '1 second', known_at = known_at - interval '1 second'",
    "ledger_snapshot.known_at": "basis = 'value_at', known_at = known_at + interval '1 second'",
    "ledger_snapshot.content": "content = 'a lie', sha256 = sha256('a lie')",
    "ledger_snapshot.sha256": "content = 'a lie', sha256 = sha256('a lie')",
}
EXEMPT = {
    "ledger_entry.id": "it names an entry to nobody: postings, pages and events know it by posting and place",
    "ledger_hold.id": "it names a hold to nobody: postings, transfers and events know it by its reference",
    "ledger_balance.as_of_epoch": "of a guarded account it only remembers the last switch; what a checkpoint counts is in its sums",
    "ledger_balance.as_of_txid": "of a guarded account it only remembers the last switch; what a checkpoint counts is in its sums",
}
# It says how proofs went, and moves nothing.
RECORDS = ("ledger_proof_run",)


def _columns() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c"
            "  JOIN pg_class AS kept ON kept.oid = c.table_name::regclass"
            "   AND kept.relkind IN ('r', 'p') AND NOT kept.relispartition"
            " WHERE c.table_schema = 'public' AND c.table_name LIKE 'ledger\\_%%' ORDER BY 1, c.ordinal_position"
        )
        return list(cursor.fetchall())


def _statement(table: str, column: str, kind: str) -> str:
    told = LIES.get(f"{table}.{column}", f"{column} = {BY_TYPE[kind].format(column)}")
    return f"UPDATE {table} SET {told}" if " WHERE " in told else f"UPDATE {table} SET {told} WHERE {ROWS[table]}"


def _unnoticed() -> list[str]:
    """The columns about which a lie is found by nothing."""
    silent = []
    for table, column, kind in _columns():
        name = f"{table}.{column}"
        if table in RECORDS or name in EXEMPT:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before_the_lie")
            lie(_statement(table, column, kind), about=(table,))
            if not any(result.findings for result in prove(thorough=True) if result.proof.name != "every_change_is_told"):
                silent.append(name)
            cursor.execute("ROLLBACK TO before_the_lie")
    return silent


def test_honest_books_hold() -> None:
    assert found(full=True) == found(full=False) == []


def test_a_lie_about_any_column_is_found_by_a_full_proof() -> None:
    assert "\n".join(_unnoticed()) == ""


def test_what_is_left_out_is_there_and_says_why() -> None:
    there = {f"{table}.{column}" for table, column, _ in _columns()}
    assert set(EXEMPT) | set(LIES) <= there
    assert [name for name, reason in EXEMPT.items() if len(reason.split()) < 4] == []
