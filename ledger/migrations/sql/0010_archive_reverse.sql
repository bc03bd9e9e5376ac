DROP FUNCTION ledger_archive_blockers(date);
DROP FUNCTION ledger_carry_differences(timestamptz);
CREATE OR REPLACE FUNCTION ledger_proved_sums(upto bigint)
RETURNS TABLE (account_id uuid, debits numeric, credits numeric, entries bigint)
LANGUAGE sql STABLE AS $$
    SELECT account.id, proved.debits, proved.credits, proved.entries
      FROM ledger_account AS account
     CROSS JOIN LATERAL (
           SELECT kept.debits, kept.credits, kept.entries FROM ledger_proof_sum AS kept
            WHERE kept.account_id = account.id AND kept.checkpoint_id <= upto
            ORDER BY kept.checkpoint_id DESC LIMIT 1) AS proved
$$;
DROP FUNCTION ledger_archived_sums();
