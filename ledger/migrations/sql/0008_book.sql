-- The checks of the book, for sets: one look per statement instead of one per row and one more at commit. A posting and its entries are
-- written by one statement, so a posting without entries, or out of balance, is refused where it stands.

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_transaction_id_fkey;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_is_in_the_asset_of_its_account;
DROP TRIGGER check_transaction ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_transaction();
DROP TRIGGER stamp_transaction ON ledger_ledgertransaction;
DROP FUNCTION ledger_stamp_transaction();
DROP TRIGGER check_period ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_period();

-- Postings share this lock, closing an account or switching its mode takes it alone: what a posting read of its accounts stays true until
-- it commits. One lock for the whole chart: a row lock on a house account would write to its page with every posting.
CREATE FUNCTION ledger_lock_chart(alone boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(hashtext('ledger_chart'), 0);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtext('ledger_chart'), 0);
    END IF;
END
$$;

-- For every statement that adds postings: born now, in this very database transaction, in an open month, with balanced entries.
CREATE FUNCTION ledger_check_new_postings() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    this_txid bigint := pg_current_xact_id()::text::bigint;
    this_epoch integer := audit_current_epoch();
    first_moment timestamptz;
    last_moment timestamptz;
    value_months date[];
    value_month date;
    bad record;
BEGIN
    SELECT min(booked_at), max(booked_at), array_agg(DISTINCT ledger_month(value_at)) INTO first_moment, last_moment, value_months
      FROM added;
    IF value_months IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH value_month IN ARRAY value_months LOOP
        PERFORM ledger_lock_month(value_month, alone => false);
        IF ledger_month_is_closed(value_month) THEN
            PERFORM ledger_fail('LG005', format('the month %s is closed', to_char(value_month, 'YYYY-MM')),
                                jsonb_build_object('month', value_month));
        END IF;
    END LOOP;
    SELECT posting.reference, posting.booked_at, coalesce(book.entries, 0) AS entries, book.unbalanced,
           posting.booked_at BETWEEN transaction_timestamp() AND clock_timestamp()
           AND posting.created_txid = this_txid AND posting.cluster_epoch = this_epoch AS born_now
      INTO bad
      FROM added AS posting
     CROSS JOIN LATERAL (
           SELECT sum(per_asset.entries) AS entries, min(per_asset.asset_id) FILTER (WHERE NOT per_asset.balanced) AS unbalanced
             FROM (SELECT entry.asset_id, count(*) AS entries, sum(entry.debit) = sum(entry.credit) AS balanced
                     FROM ledger_entry AS entry
                    WHERE entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at
                      -- Says nothing new, but before the query begins: only these partitions are opened.
                      AND entry.booked_at BETWEEN first_moment AND last_moment
                    GROUP BY entry.asset_id) AS per_asset) AS book
     WHERE book.entries IS NULL OR book.entries < 2 OR book.unbalanced IS NOT NULL
        OR posting.booked_at NOT BETWEEN transaction_timestamp() AND clock_timestamp()
        OR posting.created_txid <> this_txid OR posting.cluster_epoch <> this_epoch
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF NOT bad.born_now THEN
        RAISE EXCEPTION 'a posting is booked now and by this transaction, not at %', bad.booked_at USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_transaction_is_booked_now';
    ELSIF bad.entries < 2 THEN
        RAISE EXCEPTION 'posting % has % entries; it needs at least two, in the same statement', bad.reference, bad.entries
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_transaction_has_entries';
    END IF;
    RAISE EXCEPTION 'posting % does not balance in %', bad.reference, bad.unbalanced USING ERRCODE = '23514',
        CONSTRAINT = 'ledger_transaction_balances_per_asset';
END
$$;
CREATE TRIGGER check_new_postings AFTER INSERT ON ledger_ledgertransaction REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_new_postings();
ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER check_new_postings;

-- For every statement that adds entries: they belong to a posting made in this very database transaction and repeat its times, sit on open
-- accounts of their asset, carry a running balance exactly where the account is guarded, and balance among themselves.
CREATE OR REPLACE FUNCTION ledger_check_new_entries() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    this_txid bigint := pg_current_xact_id()::text::bigint;
    this_epoch integer := audit_current_epoch();
    bad record;
BEGIN
    PERFORM ledger_lock_chart(alone => false);
    SELECT entry.transaction_id, entry.asset_id, account.code, account.status,
           parent.id IS NULL OR parent.created_txid <> this_txid OR parent.cluster_epoch <> this_epoch
           OR (entry.booked_at, entry.value_at, entry.txid, entry.cluster_epoch)
              IS DISTINCT FROM (parent.booked_at, parent.value_at, parent.created_txid, parent.cluster_epoch) AS alone,
           account.asset_id IS DISTINCT FROM entry.asset_id AS misplaced
      INTO bad
      FROM added AS entry
      LEFT JOIN ledger_ledgertransaction AS parent ON parent.id = entry.transaction_id
      LEFT JOIN ledger_account AS account ON account.id = entry.account_id
     WHERE parent.id IS NULL OR parent.created_txid <> this_txid OR parent.cluster_epoch <> this_epoch
        OR (entry.booked_at, entry.value_at, entry.txid, entry.cluster_epoch)
           IS DISTINCT FROM (parent.booked_at, parent.value_at, parent.created_txid, parent.cluster_epoch)
        OR account.asset_id IS DISTINCT FROM entry.asset_id OR account.status <> 'open'
        OR account.guarded <> (entry.balance_after IS NOT NULL)
     LIMIT 1;
    IF NOT FOUND THEN
        SELECT transaction_id, asset_id, sum(debit) AS debits, sum(credit) AS credits INTO bad
          FROM added GROUP BY transaction_id, asset_id HAVING sum(debit) <> sum(credit) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'debits of % and credits of % do not balance in %', bad.debits, bad.credits, bad.asset_id
                USING ERRCODE = '23514', CONSTRAINT = 'ledger_entry_balances_per_asset';
        END IF;
        RETURN NULL;
    ELSIF bad.alone THEN
        RAISE EXCEPTION 'entries are added only together with their posting, and with its times (%)', bad.transaction_id
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_entry_comes_with_its_transaction';
    ELSIF bad.misplaced THEN
        RAISE EXCEPTION 'an entry in % on account %, which is not in that asset', bad.asset_id, coalesce(bad.code, 'unknown')
            USING ERRCODE = '23503', CONSTRAINT = 'ledger_entry_is_in_the_asset_of_its_account';
    ELSIF bad.status <> 'open' THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', bad.code), jsonb_build_object('account', bad.code));
    END IF;
    -- A posting that had looked at the account before its mode was switched meets this; repeating it looks again.
    RAISE EXCEPTION 'account % carries a running balance exactly while it is guarded', bad.code USING ERRCODE = '40001',
        CONSTRAINT = 'ledger_entry_follows_the_mode_of_its_account';
END
$$;

-- {code, reason, context}: closes an empty account. Closing it again is a no-op. Whoever waits longer than this keeps postings waiting too.
CREATE OR REPLACE FUNCTION ledger_close_account(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    account ledger_account;
    money ledger_account_balance;
BEGIN
    PERFORM ledger_lock_chart(alone => true);
    SELECT * INTO account FROM ledger_account WHERE code = request->>'code' FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', request->>'code'), jsonb_build_object('account', request->>'code'));
    END IF;
    IF account.status = 'closed' THEN
        RETURN;
    END IF;
    PERFORM FROM ledger_balance WHERE account_id = account.id FOR NO KEY UPDATE;
    SELECT * INTO money FROM ledger_account_balance WHERE account_id = account.id;
    IF money.posted <> 0 OR money.held <> 0 THEN
        PERFORM ledger_fail('LG013', format('account %s is not empty', account.code),
                            jsonb_build_object('account', account.code, 'posted', money.posted::text, 'held', money.held::text));
    END IF;
    UPDATE ledger_account SET status = 'closed', closed_at = clock_timestamp() WHERE id = account.id;
    PERFORM audit_record(request->'context' || jsonb_build_object('type', 'ledger.account_closed', 'resource_type', 'account',
        'resource_id', account.code, 'reason', request->>'reason', 'diff', '{"status": ["open", "closed"]}'::jsonb));
END
$$;
