"""Proofs: what must be true of the books at any time, asked of the rows themselves. An empty answer proves it.

Each proof is one statement, so one snapshot: postings that happen meanwhile are seen whole or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.queries.rows import select


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: `subject` is the row or account, `message` says what is wrong with it."""

    proof: str
    subject: str
    message: str


_PROOFS = {
    "assets_balance": """
        SELECT asset_id AS subject, format('debits %%s, credits %%s', sum(debit), sum(credit)) AS message
          FROM ledger_entry GROUP BY asset_id HAVING sum(debit) <> sum(credit)
    """,
    "transactions_balance": """
        SELECT reference AS subject, format('%%s: debits %%s, credits %%s, %%s entries', coalesce(entry.asset_id, 'no asset'),
                                            entry.debits, entry.credits, entry.entries) AS message
          FROM ledger_ledgertransaction AS posting
          LEFT JOIN (SELECT transaction_id, asset_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries
                       FROM ledger_entry GROUP BY transaction_id, asset_id) AS entry ON entry.transaction_id = posting.id
         WHERE entry.debits IS DISTINCT FROM entry.credits OR entry.entries IS NULL OR entry.entries < 2
    """,
    "entries_have_their_transaction": """
        SELECT entry.id::text AS subject, 'an entry without its posting, or with other times than it' AS message
          FROM ledger_entry AS entry LEFT JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
         WHERE posting.id IS NULL OR (entry.booked_at, entry.value_at, entry.txid, entry.cluster_epoch)
               IS DISTINCT FROM (posting.booked_at, posting.value_at, posting.created_txid, posting.cluster_epoch)
    """,
    "projection_matches_entries": """
        SELECT now.code AS subject, format('balance says debits %%s, credits %%s, %%s entries; the entries say %%s, %%s, %%s',
               now.debits, now.credits, now.entries, coalesce(book.debits, 0), coalesce(book.credits, 0), coalesce(book.entries, 0))
               AS message
          FROM ledger_account_balance AS now
          LEFT JOIN (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries
                       FROM ledger_entry GROUP BY account_id) AS book ON book.account_id = now.account_id
         WHERE (now.debits, now.credits, now.entries)
               IS DISTINCT FROM (coalesce(book.debits, 0), coalesce(book.credits, 0), coalesce(book.entries, 0))
    """,
    "every_account_has_a_balance": """
        SELECT code AS subject, 'the account has no balance row' AS message
          FROM ledger_account AS account
         WHERE NOT EXISTS (SELECT FROM ledger_balance AS balance WHERE balance.account_id = account.id)
    """,
    "running_balances_follow": """
        SELECT code AS subject, format('entry %%s carries balance %%s at version %%s; adding up gives %%s at %%s',
                                       id, balance_after, account_version, running, position) AS message
          FROM (SELECT account.code, entry.id, entry.balance_after, entry.account_version,
                       row_number() OVER of_account AS position,
                       CASE WHEN account.type IN ('asset', 'expense') THEN 1 ELSE -1 END
                       * sum(entry.debit - entry.credit) OVER of_account AS running
                  FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
                 WHERE account.guarded
                WINDOW of_account AS (PARTITION BY entry.account_id ORDER BY entry.account_version)) AS followed
         WHERE (balance_after, account_version) IS DISTINCT FROM (running, position)
    """,
    "holds_match_held": """
        SELECT account.code AS subject, format('held is %%s, the placed holds are %%s', balance.held, placed.amount) AS message
          FROM ledger_balance AS balance
          JOIN ledger_account AS account ON account.id = balance.account_id
         CROSS JOIN LATERAL (SELECT coalesce(sum(hold.amount), 0) AS amount FROM ledger_hold AS hold
                              WHERE hold.account_id = account.id AND hold.status = 'placed') AS placed
         WHERE balance.held <> placed.amount
    """,
    "guards_are_in_place": """
        SELECT missing.relation AS subject, format('guard %%s is missing, weakened or disabled', missing.guard) AS message
          FROM (VALUES ('ledger_entry', false), ('ledger_ledgertransaction', false), ('ledger_asset', false), ('ledger_hold', true),
                       ('ledger_account', true), ('ledger_balance', true), ('ledger_period', true)) AS guarded (name, keep_updates)
         CROSS JOIN LATERAL audit_missing_guards(guarded.name::regclass, guarded.keep_updates) AS missing
        UNION ALL
        SELECT wanted.relation::text, format('trigger %%s is missing or disabled', wanted.name)
          FROM (SELECT relid AS relation, 'check_new_entries' AS name, 'ledger_check_new_entries' AS function
                  FROM pg_partition_tree('ledger_entry')
                UNION ALL VALUES
                ('ledger_ledgertransaction'::regclass, 'stamp_transaction', 'ledger_stamp_transaction'),
                ('ledger_ledgertransaction', 'check_transaction', 'ledger_check_transaction'),
                ('ledger_ledgertransaction', 'check_period', 'ledger_check_period'),
                ('ledger_hold', 'keep_hold', 'ledger_keep_hold'),
                ('ledger_account', 'keep_account_identity', 'ledger_keep_account_identity')) AS wanted
         WHERE NOT EXISTS (SELECT FROM pg_trigger AS found
                            WHERE found.tgrelid = wanted.relation AND found.tgname = wanted.name AND found.tgenabled = 'A'
                              AND found.tgfoid = to_regproc(wanted.function) AND found.tgqual IS NULL)
    """,
    "the_default_partition_is_empty": """
        SELECT 'ledger_entry_default' AS subject, format('%%s entries fell into it: run ensure_partitions', count(*)) AS message
          FROM ledger_entry_default HAVING count(*) > 0
    """,
}

PROOFS = tuple(_PROOFS)


def findings() -> Iterator[Finding]:
    """Run every proof, in order, and yield what does not hold."""
    for proof, sql in _PROOFS.items():
        for row in select(f"{sql} ORDER BY 1, 2"):
            yield Finding(proof, row["subject"], row["message"])
