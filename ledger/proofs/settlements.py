"""A proof of holds that were settled: their money went with them."""

from ledger.proofs.registry import Proof, asked

# A hold is settled by a posting, in its database transaction: what left the account there is at least what the holds settled.
_SETTLEMENTS_TAKE_MONEY = """
    SELECT format('%%s in transaction %%s', account.code, settled.txid) AS subject,
           format('holds settled %%s, and postings took %%s', settled.amount, coalesce(taken.amount, 0)) AS message
      FROM (SELECT hold.account_id, told.cluster_epoch, told.txid, sum(hold.settled_amount) AS amount,
                   min(hold.ended_at) AS ended_at
              FROM ledger_events_after(%(epoch)s, %(txid)s) AS told
              JOIN ledger_hold AS hold ON hold.reference = told.resource_id
             WHERE told.type = 'ledger.hold_settled' AND hold.status = 'settled'
             GROUP BY hold.account_id, told.cluster_epoch, told.txid) AS settled
      JOIN ledger_account AS account ON account.id = settled.account_id
      LEFT JOIN (SELECT entry.account_id, entry.cluster_epoch, entry.txid,
                        sum(CASE WHEN account.type IN ('asset', 'expense') THEN entry.credit ELSE entry.debit END) AS amount
                   FROM ledger_entries_after(%(epoch)s, %(txid)s) AS entry
                   JOIN ledger_account AS account ON account.id = entry.account_id
                  GROUP BY entry.account_id, entry.cluster_epoch, entry.txid) AS taken
        ON (taken.account_id, taken.cluster_epoch, taken.txid) = (settled.account_id, settled.cluster_epoch, settled.txid)
     WHERE settled.amount > coalesce(taken.amount, 0)
       AND settled.ended_at >= (SELECT coalesce(audit_archived_until('ledger_entry'), '-infinity'))
"""

PROOFS = (
    Proof(
        name="settlements_take_money",
        says="Every hold that was settled went with a posting that took at least its amount.",
        find=asked(_SETTLEMENTS_TAKE_MONEY),
        incremental=True,
    ),
)
