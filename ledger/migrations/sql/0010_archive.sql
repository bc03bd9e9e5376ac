-- Books whose first months are archived: what those months came to is carried, and proofs go on from there.

-- What every account had moved when the archived months ended; nothing while all months are attached.
CREATE FUNCTION ledger_archived_sums() RETURNS TABLE (account_id uuid, debits numeric, credits numeric, entries bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (line.account_id) line.account_id, line.debits, line.credits, line.entries
      FROM ledger_carry_balance AS line
     WHERE line.until <= audit_archived_until('ledger_entry')
     ORDER BY line.account_id, line.until DESC
$$;

-- The sums of every account that had entries at checkpoint `upto`; from the start (0 or null), those of the archived months.
CREATE OR REPLACE FUNCTION ledger_proved_sums(upto bigint)
RETURNS TABLE (account_id uuid, debits numeric, credits numeric, entries bigint)
LANGUAGE sql STABLE AS $$
    SELECT account.id, proved.debits, proved.credits, proved.entries
      FROM ledger_account AS account
     CROSS JOIN LATERAL (
           SELECT kept.debits, kept.credits, kept.entries FROM ledger_proof_sum AS kept
            WHERE kept.account_id = account.id AND kept.checkpoint_id <= upto
            ORDER BY kept.checkpoint_id DESC LIMIT 1) AS proved
     UNION ALL
    SELECT archived.account_id, archived.debits, archived.credits, archived.entries
      FROM ledger_archived_sums() AS archived WHERE coalesce(upto, 0) = 0
$$;

-- What a carried point says of an account, and what the entries say: one row per account where they differ. Only points after the archived
-- months can be asked about; the lines of those that lie inside are proved by their hashes.
CREATE FUNCTION ledger_carry_differences(point timestamptz)
RETURNS TABLE (account_id uuid, carried_debits numeric, carried_credits numeric, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH carried AS (
        SELECT DISTINCT ON (line.account_id) line.account_id, line.debits, line.credits
          FROM ledger_carry_balance AS line WHERE line.until <= point ORDER BY line.account_id, line.until DESC
    ), booked AS (
        SELECT moved.account_id, sum(moved.debits) AS debits, sum(moved.credits) AS credits
          FROM (SELECT archived.account_id, archived.debits, archived.credits FROM ledger_archived_sums() AS archived
                UNION ALL
                SELECT entry.account_id, entry.debit, entry.credit FROM ledger_entry AS entry WHERE entry.booked_at < point) AS moved
         GROUP BY moved.account_id
    )
    SELECT coalesce(carried.account_id, booked.account_id), coalesce(carried.debits, 0), coalesce(carried.credits, 0),
           coalesce(booked.debits, 0), coalesce(booked.credits, 0)
      FROM carried FULL JOIN booked ON booked.account_id = carried.account_id
     WHERE (carried.debits, carried.credits) IS DISTINCT FROM (booked.debits, booked.credits)
$$;

-- Why the entries of `month` may not go yet, in words.
CREATE FUNCTION ledger_archive_blockers(month date) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    since timestamptz := month::timestamp AT TIME ZONE 'UTC';
    until_moment timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    point ledger_carry;
    found bigint;
BEGIN
    IF NOT ledger_month_is_closed(month) THEN
        RETURN NEXT 'the month is not closed';
    END IF;
    SELECT * INTO point FROM ledger_carry WHERE until = until_moment;
    IF point.until IS NULL THEN
        RETURN NEXT 'balances are not carried forward to its end';
    ELSIF point.hash <> ledger_carry_hash(point.until, point.previous_hash) THEN
        RETURN NEXT 'the balances carried forward to its end are not those of their hash';
    ELSIF EXISTS (SELECT FROM ledger_carry_differences(point.until)) THEN
        RETURN NEXT 'the balances carried forward to its end are not what the entries add up to';
    END IF;
    SELECT count(*) INTO found FROM ledger_entry AS entry JOIN ledger_balance AS balance ON balance.account_id = entry.account_id
     WHERE entry.booked_at >= since AND entry.booked_at < until_moment AND entry.balance_after IS NULL
       AND (entry.cluster_epoch, entry.txid) > (balance.as_of_epoch, balance.as_of_txid)
       AND EXISTS (SELECT FROM ledger_account AS account WHERE account.id = entry.account_id AND NOT account.guarded);
    IF found > 0 THEN
        RETURN NEXT format('%s entries lie beyond the checkpoint of their account', found);
    END IF;
    SELECT count(*) INTO found FROM ledger_entry AS entry
     WHERE entry.booked_at >= since AND entry.booked_at < until_moment
       AND (entry.cluster_epoch, entry.txid) > (SELECT coalesce(max(as_of_epoch), 0), coalesce(max(as_of_txid), 0)
                                                  FROM (SELECT as_of_epoch, as_of_txid FROM ledger_proof_checkpoint
                                                         ORDER BY number DESC LIMIT 1) AS latest);
    IF found > 0 THEN
        RETURN NEXT format('%s entries are not covered by a proof yet', found);
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_archived_sums(), ledger_carry_differences(timestamptz), ledger_archive_blockers(date) FROM PUBLIC;
