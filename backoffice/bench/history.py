"""A past of any length, loaded by COPY: withdrawals of the same shape as those that will be measured, with running balances that
follow, so that the books prove themselves afterwards too.

The guards say that entries are booked now and together with their parent, which a loaded past is not: they are switched off while
it loads and put back exactly as they were. Foreign keys are taken off and added again, so they are checked over everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from backoffice.bench.load import AMOUNT, ASSET, FEE, FUNDS
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import connect
from ledger.commands import advance_checkpoints

LINES = 3
_TABLES = ["ledger_ledgertransaction", "ledger_entry", "audit_event"]
# Keys that sort by time, as the real ones do: the number of the posting, and a hash for the rest.
_PAST = """
    WITH this AS (SELECT date_trunc('month', %(until)s::timestamptz, 'UTC') AS first, %(until)s::timestamptz AS until,
                         audit_current_epoch() AS epoch),
    past AS (
        SELECT number, (lpad(to_hex(number), 12, '0') || '7' || substr(md5(number::text), 1, 19))::uuid AS id,
               this.first + (this.until - this.first) * (number::numeric / %(postings)s)::float8 AS booked_at,
               number %% %(clients)s AS client, number / %(clients)s AS earlier, number %% %(house)s AS house, this.epoch
          FROM this, generate_series(0, %(postings)s - 1) AS number)
"""
_COPIES = {
    "ledger_ledgertransaction (id, reference, content_hash, kind, description, transaction_id, correlation_id, value_at, booked_at,"
    " created_txid, cluster_epoch, forced_kind, metadata)": """
        SELECT id, 'past-' || number, sha256(id::text::bytea), 'bench.withdrawal', '', id, 'bench past', booked_at, booked_at,
               %(txid)s::bigint, epoch, '', '{}'::jsonb FROM past
    """,
    "ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,"
    " account_version, txid, cluster_epoch)": """
        SELECT (lpad(to_hex(number * 3 + line.ordinal), 12, '0') || '7' || substr(md5(number::text), 1, 19))::uuid, booked_at,
               booked_at, past.id, line.ordinal, account.id, account.asset_id, line.debit::numeric(78, 0),
               line.credit::numeric(78, 0), (line.funds - (earlier + 1) * line.debit)::numeric(78, 0),
               CASE WHEN line.funds > 0 THEN earlier + 2 END::bigint, %(txid)s::bigint, epoch
          FROM past
         CROSS JOIN LATERAL (VALUES (1, 'client:bench-' || client, %(amount)s + %(fee)s, 0, %(funds)s),
                                    (2, 'wallet:bench-' || house, 0, %(amount)s, NULL),
                                    (3, 'fees:bench-' || house, 0, %(fee)s, NULL)) AS line (ordinal, code, debit, credit, funds)
          JOIN ledger_account AS account ON account.code = line.code || ':' || %(asset)s
    """,
    "audit_event (id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, actor_id,"
    " credential_id, on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, transaction_id,"
    " occurred_at, reason, diff, metadata, status_text)": """
        SELECT id, booked_at, %(txid)s::bigint, epoch, session_user::text, 1::smallint, 'ledger.posted', 'succeeded', 'system',
               'bench', '', '', 'bench past', '', '', 'ledger_transaction', id::text, id,
               booked_at, '', '{}'::jsonb, jsonb_build_object('reference', 'past-' || number), '' FROM past
    """,
}
_FOLLOW = """
    UPDATE ledger_balance AS balance SET debits = book.debits, credits = book.credits, version = book.entries
      FROM (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries FROM ledger_entry
             WHERE balance_after IS NOT NULL GROUP BY account_id) AS book
     WHERE balance.account_id = book.account_id
"""


def load_history(database: str, entries: int, scale: Scale) -> None:
    """Fill `database`, to which Django's connection leads, with about `entries` entries that were booked this month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), pg_current_xact_id()::text::bigint")
        until, txid = cursor.fetchone()
    facts = {"postings": -(-entries // LINES), "clients": scale.clients, "house": scale.house, "until": until, "txid": txid}
    money = {"amount": AMOUNT, "fee": FEE, "funds": FUNDS, "asset": ASSET}
    with _guards_off():
        for target, select in _COPIES.items():
            _pump(database, target, _PAST + select, facts | money)
        _run(_FOLLOW)
    advance_checkpoints()
    _run("VACUUM ANALYZE")


def _pump(database: str, target: str, select: str, facts: dict[str, object]) -> None:
    """From one session's COPY into another's."""
    with (
        connect(database) as source,
        connect(database) as sink,
        source.cursor().copy(f"COPY ({select}) TO STDOUT (FORMAT binary)", facts) as rows,
        sink.cursor().copy(f"COPY {target} FROM STDIN (FORMAT binary)") as copy,
    ):
        for row in rows:
            copy.write(row)


@contextmanager
def _guards_off() -> Iterator[None]:
    """Without the triggers of the book and the foreign keys of its entries; both come back as they were."""
    triggers = _rows(
        "SELECT format('ALTER TABLE %%s ENABLE ALWAYS TRIGGER %%I', tgrelid::regclass, tgname)"
        " FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A' AND (tgrelid = ANY (%s::regclass[]) OR tgrelid IN"
        " (SELECT tree.relid FROM unnest(%s::regclass[]) AS root, pg_partition_tree(root) AS tree))",
        [_TABLES, _TABLES],
    )
    keys = _rows(
        "SELECT format('ALTER TABLE ledger_entry DROP CONSTRAINT %%I', conname),"
        " format('ALTER TABLE ledger_entry ADD CONSTRAINT %%I %%s', conname, pg_get_constraintdef(oid))"
        " FROM pg_constraint WHERE conrelid = 'ledger_entry'::regclass AND contype = 'f'",
        [],
    )
    for table in _TABLES:
        _run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for drop, _ in keys:
        _run(drop)
    yield
    for statement in [*(add for _, add in keys), *(enable for (enable,) in triggers)]:
        _run(statement)


def _rows(statement: str, parameters: list[list[str]]) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
