-- Balances. Guarded accounts: the projection row is current. Collecting accounts: the row is a checkpoint, and what came after it is
-- added when somebody asks, so that any number of postings can meet on one account without queueing for a lock.

CREATE VIEW ledger_account_balance AS
SELECT account.id AS account_id, account.code, account.name, account.kind, account.type, account.asset_id, account.owner,
       account.guarded, account.floor, account.status, total.debits, total.credits, total.entries,
       CASE WHEN account.type IN ('asset', 'expense') THEN total.debits - total.credits ELSE total.credits - total.debits END AS posted,
       balance.held
  FROM ledger_account AS account
  JOIN ledger_balance AS balance ON balance.account_id = account.id
 CROSS JOIN LATERAL (
       SELECT balance.debits + coalesce(sum(entry.debit), 0) AS debits,
              balance.credits + coalesce(sum(entry.credit), 0) AS credits,
              balance.version + count(entry.id) AS entries
         FROM ledger_entry AS entry
        WHERE NOT account.guarded AND entry.account_id = account.id AND entry.balance_after IS NULL
          AND (entry.cluster_epoch, entry.txid) > (balance.as_of_epoch, balance.as_of_txid)) AS total;

-- Moves the checkpoints of collecting accounts up to the horizon: every transaction id below it has ended, so no entry can still appear
-- behind a checkpoint. Returns how many accounts moved; 0 while another session is at it.
CREATE FUNCTION ledger_advance_checkpoints() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    horizon bigint;
    epoch integer := audit_current_epoch();
    moved integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger_advance_checkpoints')) THEN
        RETURN 0;
    END IF;
    horizon := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    WITH since AS (
        SELECT account.id, balance.as_of_epoch, balance.as_of_txid, sum(entry.debit) AS debits, sum(entry.credit) AS credits,
               count(*) AS entries
          FROM ledger_account AS account
          JOIN ledger_balance AS balance ON balance.account_id = account.id
          JOIN ledger_entry AS entry ON entry.account_id = account.id AND entry.balance_after IS NULL
           AND (entry.cluster_epoch, entry.txid) > (balance.as_of_epoch, balance.as_of_txid)
           AND (entry.cluster_epoch, entry.txid) < (epoch, horizon)
         WHERE NOT account.guarded
         GROUP BY account.id, balance.as_of_epoch, balance.as_of_txid
    )
    UPDATE ledger_balance AS balance
       SET debits = balance.debits + since.debits, credits = balance.credits + since.credits,
           version = balance.version + since.entries, as_of_epoch = epoch, as_of_txid = horizon - 1
      FROM since
     WHERE balance.account_id = since.id
       AND (balance.as_of_epoch, balance.as_of_txid) = (since.as_of_epoch, since.as_of_txid);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_advance_checkpoints() FROM PUBLIC;
