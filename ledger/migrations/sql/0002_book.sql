-- The book: transactions and their entries, append-only and balanced per asset, whoever writes.

CREATE TABLE ledger_entry (
    id uuid NOT NULL,
    booked_at timestamptz NOT NULL,
    value_at timestamptz NOT NULL,
    transaction_id uuid NOT NULL REFERENCES ledger_ledgertransaction (id),
    ordinal integer NOT NULL,
    account_id uuid NOT NULL,
    asset_id text NOT NULL,
    debit numeric(78, 0) NOT NULL,
    credit numeric(78, 0) NOT NULL,
    balance_after numeric(78, 0),
    account_version bigint,
    txid bigint NOT NULL,
    cluster_epoch integer NOT NULL,
    PRIMARY KEY (booked_at, id),
    CONSTRAINT ledger_entry_has_one_place_in_its_transaction UNIQUE (transaction_id, ordinal, booked_at),
    CONSTRAINT ledger_entry_is_in_the_asset_of_its_account FOREIGN KEY (account_id, asset_id) REFERENCES ledger_account (id, asset_id),
    CONSTRAINT ledger_entry_is_a_debit_or_a_credit CHECK ((debit > 0 AND credit = 0) OR (debit = 0 AND credit > 0))
) PARTITION BY RANGE (booked_at);

CREATE INDEX ledger_entry_by_account ON ledger_entry (account_id, booked_at, id);
-- Entries after a checkpoint; only collecting accounts need them, and only their entries carry no running balance.
CREATE INDEX ledger_entry_since_checkpoint ON ledger_entry (account_id, cluster_epoch, txid) WHERE balance_after IS NULL;

-- What a transaction says of its own birth is the database's word.
CREATE FUNCTION ledger_stamp_transaction() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.booked_at NOT BETWEEN transaction_timestamp() AND clock_timestamp() THEN
        RAISE EXCEPTION 'a posting is booked now, not at %', NEW.booked_at USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_transaction_is_booked_now';
    END IF;
    NEW.created_txid := pg_current_xact_id()::text::bigint;
    NEW.cluster_epoch := audit_current_epoch();
    RETURN NEW;
END
$$;
CREATE TRIGGER stamp_transaction BEFORE INSERT ON ledger_ledgertransaction
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_transaction();
ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER stamp_transaction;

-- At commit: a transaction without entries, or out of balance in any asset, does not exist.
CREATE FUNCTION ledger_check_transaction() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    entries integer;
    asset text;
BEGIN
    SELECT count(*) INTO entries FROM ledger_entry WHERE transaction_id = NEW.id AND booked_at = NEW.booked_at;
    IF entries < 2 THEN
        RAISE EXCEPTION 'posting % has % entries; it needs at least two', NEW.reference, entries USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_transaction_has_entries';
    END IF;
    SELECT asset_id INTO asset FROM ledger_entry WHERE transaction_id = NEW.id AND booked_at = NEW.booked_at
     GROUP BY asset_id HAVING sum(debit) <> sum(credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'posting % does not balance in %', NEW.reference, asset USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_transaction_balances_per_asset';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER check_transaction AFTER INSERT ON ledger_ledgertransaction DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_transaction();
ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER check_transaction;

-- At once, for every statement that adds entries: they belong to a transaction made in this very database transaction, repeat its times,
-- sit on open accounts, and balance among themselves. Set-based, so a batch of any size is checked in one pass; the check at commit
-- alone would miss a pair appended after SET CONSTRAINTS ALL IMMEDIATE.
CREATE FUNCTION ledger_check_new_entries() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    SELECT given.* INTO bad
      FROM (SELECT DISTINCT transaction_id, booked_at, value_at, txid, cluster_epoch FROM added) AS given
      LEFT JOIN ledger_ledgertransaction AS parent ON parent.id = given.transaction_id
     WHERE parent.id IS NULL OR parent.created_txid <> pg_current_xact_id()::text::bigint
        OR parent.cluster_epoch <> audit_current_epoch()
        OR (given.booked_at, given.value_at, given.txid, given.cluster_epoch)
           IS DISTINCT FROM (parent.booked_at, parent.value_at, parent.created_txid, parent.cluster_epoch)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries are added only together with their posting, and with its times (%)', bad.transaction_id
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_entry_comes_with_its_transaction';
    END IF;
    SELECT transaction_id, asset_id, sum(debit) AS debits, sum(credit) AS credits INTO bad
      FROM added GROUP BY transaction_id, asset_id HAVING sum(debit) <> sum(credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'debits of % and credits of % do not balance in %', bad.debits, bad.credits, bad.asset_id
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_entry_balances_per_asset';
    END IF;
    SELECT account.code INTO bad FROM added JOIN ledger_account AS account ON account.id = added.account_id
     WHERE account.status <> 'open' LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', bad.code), jsonb_build_object('account', bad.code));
    END IF;
    RETURN NULL;
END
$$;

-- Statement triggers are not inherited: an INSERT straight into a partition would pass without its own.
CREATE FUNCTION ledger_ensure_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made integer := audit_ensure_partitions('ledger_entry');
    relation regclass;
BEGIN
    FOR relation IN SELECT relid FROM pg_partition_tree('ledger_entry') LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'check_new_entries') THEN
            EXECUTE format('CREATE TRIGGER check_new_entries AFTER INSERT ON %s REFERENCING NEW TABLE AS added '
                           'FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_new_entries()', relation);
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER check_new_entries', relation);
    END LOOP;
    RETURN made;
END
$$;
SELECT ledger_ensure_partitions();
SELECT audit_guard_table('ledger_ledgertransaction');
SELECT audit_guard_table('ledger_balance', keep_updates => true);
SELECT audit_guard_table('ledger_period', keep_updates => true);
SELECT audit_guard_table('ledger_hold', keep_updates => true);

-- A hold ends once; nothing else about it ever changes.
CREATE FUNCTION ledger_keep_hold() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'placed' OR NEW.status = 'placed'
       OR (NEW.id, NEW.reference, NEW.account_id, NEW.amount, NEW.transaction_id, NEW.correlation_id, NEW.placed_at, NEW.expires_at)
          IS DISTINCT FROM
          (OLD.id, OLD.reference, OLD.account_id, OLD.amount, OLD.transaction_id, OLD.correlation_id, OLD.placed_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'hold % only ever changes once, from placed to its end', OLD.reference USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_hold BEFORE UPDATE ON ledger_hold FOR EACH ROW EXECUTE FUNCTION ledger_keep_hold();
ALTER TABLE ledger_hold ENABLE ALWAYS TRIGGER keep_hold;

REVOKE EXECUTE ON FUNCTION ledger_ensure_partitions() FROM PUBLIC;
