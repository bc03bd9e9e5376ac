"""A past of any length, loaded by COPY: withdrawals of the same shape as those that will be measured, each with its hold and its
audit events, and with balances that follow, so that the books prove themselves afterwards too (sql/past/).

The guards say that what is booked is booked now, which a loaded past is not: they are switched off while it loads and put back
exactly as they were.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from backoffice.bench.load import AMOUNT, ASSET, FEE, FUNDS, open_house
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import connect
from ledger.commands import advance_checkpoints

LINES = 3
_SQL = Path(__file__).parent / "sql" / "past"
_TABLES = ["ledger_ledgertransaction", "ledger_entry", "ledger_hold", "audit_event"]
_COLUMNS = {
    "transactions": "ledger_ledgertransaction (id, reference, content_hash, kind, description, transaction_id, correlation_id,"
    " value_at, booked_at, created_txid, cluster_epoch, forced_kind, metadata)",
    "entries": "ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,"
    " account_version, txid, cluster_epoch)",
    "holds": "ledger_hold (id, reference, account_id, amount, settled_amount, status, transaction_id, correlation_id, placed_at,"
    " ended_at)",
    "events": "audit_event (id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, actor_id,"
    " credential_id, on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, transaction_id,"
    " occurred_at, reason, diff, metadata, status_text)",
}
FOLLOW = """
    UPDATE ledger_balance AS balance SET debits = book.debits, credits = book.credits, version = book.entries
      FROM (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries FROM ledger_entry
             WHERE balance_after IS NOT NULL GROUP BY account_id) AS book
     WHERE balance.account_id = book.account_id
"""
_ALWAYS_ON = """
    SELECT format('ALTER TABLE %%s ENABLE ALWAYS TRIGGER %%I', tgrelid::regclass, tgname) FROM pg_trigger
     WHERE NOT tgisinternal AND tgenabled = 'A' AND (tgrelid = ANY (%(tables)s::regclass[]) OR tgrelid IN (
           SELECT tree.relid FROM unnest(%(tables)s::regclass[]) AS root, pg_partition_tree(root) AS tree))
"""


def open_working_house(database: str, scale: Scale) -> None:
    """Accounts, funds and `scale.past` entries: of an empty table the planner sees one page, and keeps on reading it whole."""
    open_house(scale)
    load_history(database, scale.past, scale)


def load_history(database: str, entries: int, scale: Scale) -> None:
    """Fill `database`, to which Django's connection leads, with about `entries` entries that were booked this month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), pg_current_xact_id()::text::bigint")
        until, txid = cursor.fetchone()
    facts = {"postings": -(-entries // LINES), "clients": scale.clients, "house": scale.house, "until": until, "txid": txid}
    with _guards_off():
        for name in _COLUMNS:
            _pump(database, name, facts | {"amount": AMOUNT, "fee": FEE, "funds": FUNDS, "asset": ASSET})
        _run(FOLLOW)
    advance_checkpoints()
    # Plans shall not depend on when autovacuum comes by.
    _run("VACUUM ANALYZE")


def _pump(database: str, name: str, facts: dict[str, object]) -> None:
    """From one session's COPY into another's."""
    select = "".join((_SQL / f"{part}.sql").read_text(encoding="utf-8") for part in ("past", name))
    with (
        connect(database) as source,
        connect(database) as sink,
        source.cursor().copy(f"COPY ({select}) TO STDOUT (FORMAT binary)", facts) as rows,
        sink.cursor().copy(f"COPY {_COLUMNS[name]} FROM STDIN (FORMAT binary)") as copy,
    ):
        for row in rows:
            copy.write(row)


@contextmanager
def _guards_off() -> Iterator[None]:
    """Without the triggers of the books and of the trail; those that were on come back as they were."""
    with connection.cursor() as cursor:
        cursor.execute(_ALWAYS_ON, {"tables": _TABLES})
        undo = [statement for (statement,) in cursor.fetchall()]
    for table in _TABLES:
        _run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for statement in undo:
        _run(statement)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
