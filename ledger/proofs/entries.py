"""Proofs of the entries. All are incremental: from a checkpoint on, with the sums that were proved up to it."""

from ledger.proofs.registry import Proof, asked

_ASSETS_BALANCE = """
    SELECT asset_id AS subject, format('debits %%s, credits %%s', sum(debits), sum(credits)) AS message
      FROM (SELECT account.asset_id, proved.debits, proved.credits
              FROM ledger_proved_sums(%(checkpoint)s) AS proved
              JOIN ledger_account AS account ON account.id = proved.account_id
            UNION ALL
            SELECT asset_id, debit, credit FROM ledger_entries_after(%(epoch)s, %(txid)s)) AS booked
     GROUP BY asset_id HAVING sum(debits) <> sum(credits)
"""
_TRANSACTIONS_BALANCE = """
    SELECT reference AS subject, format('%%s: debits %%s, credits %%s, %%s entries', coalesce(booked.asset_id, 'no asset'),
                                        booked.debits, booked.credits, booked.entries) AS message
      FROM ledger_postings_after(%(epoch)s, %(txid)s) AS posting
      LEFT JOIN (SELECT transaction_id, asset_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries
                   FROM ledger_entries_after(%(epoch)s, %(txid)s) GROUP BY transaction_id, asset_id) AS booked
        ON booked.transaction_id = posting.id
     WHERE (booked.debits IS DISTINCT FROM booked.credits OR booked.entries IS NULL OR booked.entries < 2)
       AND posting.booked_at >= (SELECT coalesce(audit_archived_until('ledger_entry'), '-infinity'))
"""
_ENTRIES_HAVE_THEIR_TRANSACTION = """
    SELECT entry.id::text AS subject, 'an entry without its posting, or with other times than it' AS message
      FROM ledger_entries_after(%(epoch)s, %(txid)s) AS entry
      LEFT JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
     WHERE posting.id IS NULL OR (entry.booked_at, entry.value_at, entry.txid, entry.cluster_epoch)
           IS DISTINCT FROM (posting.booked_at, posting.value_at, posting.created_txid, posting.cluster_epoch)
"""
_PROJECTION_MATCHES_ENTRIES = """
    SELECT now.code AS subject, format('balance says debits %%s, credits %%s, %%s entries; the entries say %%s, %%s, %%s',
           now.debits, now.credits, now.entries, book.debits, book.credits, book.entries) AS message
      FROM ledger_account_balance AS now
      LEFT JOIN ledger_proved_sums(%(checkpoint)s) AS proved ON proved.account_id = now.account_id
      LEFT JOIN (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS entries
                   FROM ledger_entries_after(%(epoch)s, %(txid)s) GROUP BY account_id) AS later
        ON later.account_id = now.account_id
     CROSS JOIN LATERAL (SELECT coalesce(proved.debits, 0) + coalesce(later.debits, 0) AS debits,
                                coalesce(proved.credits, 0) + coalesce(later.credits, 0) AS credits,
                                coalesce(proved.entries, 0) + coalesce(later.entries, 0) AS entries) AS book
     WHERE (now.debits, now.credits, now.entries) IS DISTINCT FROM (book.debits, book.credits, book.entries)
"""
# An account that only collected for a while has entries without a running balance in between; versions count them all the same.
# Around the end of an archived month the one that was booked later may have had its turn on the account first.
_RUNNING_BALANCES_FOLLOW = """
    SELECT code AS subject, format('entry %%s carries balance %%s at version %%s; the one before it carries %%s at %%s',
                                   id, balance_after, account_version, balance_before, version_before) AS message
      FROM (SELECT account.code, account.guarded, now.version AS entries,
                   side.sign * (now.debits - now.credits) AS posted, entry.id, entry.balance_after, entry.account_version,
                   side.sign * (entry.debit - entry.credit) AS change,
                   coalesce(lag(entry.balance_after) OVER of_account, side.sign * (proved.debits - proved.credits), 0)
                   AS balance_before,
                   coalesce(lag(entry.account_version) OVER of_account, proved.entries, 0) AS version_before,
                   lag(entry.id) OVER of_account IS NULL AS is_first, lead(entry.id) OVER of_account IS NULL AS is_last
              FROM ledger_entries_after(%(epoch)s, %(txid)s) AS entry
              JOIN ledger_account AS account ON account.id = entry.account_id
              JOIN ledger_balance AS now ON now.account_id = account.id
              LEFT JOIN ledger_proved_sums(%(checkpoint)s) AS proved ON proved.account_id = account.id
             CROSS JOIN LATERAL (SELECT CASE WHEN account.type IN ('asset', 'expense') THEN 1 ELSE -1 END AS sign) AS side
             WHERE entry.balance_after IS NOT NULL
            WINDOW of_account AS (PARTITION BY entry.account_id ORDER BY entry.account_version)) AS followed
     WHERE (account_version = version_before + 1 AND balance_after <> balance_before + change)
        OR (account_version <= version_before AND NOT (is_first AND account_version > 0 AND %(checkpoint)s = 0))
        OR account_version IS NULL
        OR (is_last AND guarded AND (balance_after, account_version) IS DISTINCT FROM (posted, entries))
"""
_ENTRIES_FIT_THEIR_ACCOUNTS = """
    SELECT entry.id::text AS subject, format('an entry in %%s on account %%s', entry.asset_id,
           coalesce(format('%%s, which is in %%s', account.code, account.asset_id), 'that does not exist')) AS message
      FROM ledger_entries_after(%(epoch)s, %(txid)s) AS entry
      LEFT JOIN ledger_account AS account ON account.id = entry.account_id
     WHERE account.asset_id IS DISTINCT FROM entry.asset_id
"""

PROOFS = (
    Proof(
        name="assets_balance",
        says="In every asset, all debits together equal all credits.",
        find=asked(_ASSETS_BALANCE),
        incremental=True,
    ),
    Proof(
        name="transactions_balance",
        says="Every posting has at least two entries, and its debits equal its credits in each asset.",
        find=asked(_TRANSACTIONS_BALANCE),
        incremental=True,
    ),
    Proof(
        name="entries_have_their_transaction",
        says="Every entry belongs to a posting and has its times.",
        find=asked(_ENTRIES_HAVE_THEIR_TRANSACTION),
        incremental=True,
    ),
    Proof(
        name="entries_fit_their_accounts",
        says="Every entry is on an account that exists, in that account's asset.",
        find=asked(_ENTRIES_FIT_THEIR_ACCOUNTS),
        incremental=True,
    ),
    Proof(
        name="projection_matches_entries",
        says="Every account's balance is what its entries add up to.",
        find=asked(_PROJECTION_MATCHES_ENTRIES),
        incremental=True,
    ),
    Proof(
        name="running_balances_follow",
        says="Each entry of a guarded account carries the balance that follows from the one before it.",
        find=asked(_RUNNING_BALANCES_FOLLOW),
        incremental=True,
    ),
)
