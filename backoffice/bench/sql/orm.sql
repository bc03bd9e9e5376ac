-- Tables of the locking ORM version: what Django's own migrations would make, with the columns, indexes and guarantees of ours, without
-- partitions. Its events are on the same audit trail.
CREATE TABLE bench_orm_account (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    asset_id text NOT NULL REFERENCES ledger_asset,
    status text NOT NULL,
    balance numeric(78, 0) NOT NULL,
    version bigint NOT NULL
);
INSERT INTO bench_orm_account
SELECT account.id, account.code, account.asset_id, account.status, balance.credits - balance.debits, balance.version
  FROM ledger_account AS account JOIN ledger_balance AS balance ON balance.account_id = account.id;

CREATE TABLE bench_orm_transaction (
    id uuid PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    kind text NOT NULL,
    description text NOT NULL,
    transaction_id uuid,
    correlation_id text NOT NULL,
    value_at timestamptz NOT NULL,
    booked_at timestamptz NOT NULL,
    metadata jsonb NOT NULL,
    CHECK (reference <> '' AND kind <> '')
);
CREATE INDEX ON bench_orm_transaction (transaction_id);

CREATE TABLE bench_orm_entry (
    id uuid PRIMARY KEY,
    transaction_id uuid NOT NULL REFERENCES bench_orm_transaction DEFERRABLE INITIALLY DEFERRED,
    ordinal integer NOT NULL,
    account_id uuid NOT NULL REFERENCES bench_orm_account DEFERRABLE INITIALLY DEFERRED,
    debit numeric(78, 0) NOT NULL,
    credit numeric(78, 0) NOT NULL,
    balance_after numeric(78, 0) NOT NULL,
    account_version bigint NOT NULL,
    booked_at timestamptz NOT NULL,
    UNIQUE (transaction_id, ordinal),
    CHECK ((debit > 0 AND credit = 0) OR (debit = 0 AND credit > 0))
);
CREATE INDEX ON bench_orm_entry (account_id, booked_at, id);

-- What the books must never do without, in the form that Django migrations usually give it: checks row by row, the balance at commit.
CREATE FUNCTION bench_orm_check() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF ledger_month_is_closed(ledger_month(NEW.value_at)) THEN
        RAISE EXCEPTION 'the month of % is closed', NEW.reference USING ERRCODE = '23514';
    ELSIF (SELECT count(*) < 2 OR sum(debit) <> sum(credit) FROM bench_orm_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'posting % does not balance', NEW.reference USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON bench_orm_transaction DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bench_orm_check();

CREATE FUNCTION bench_orm_check_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bench_orm_account WHERE id = NEW.account_id AND status = 'open') THEN
        RAISE EXCEPTION 'account % is closed', NEW.account_id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER is_open BEFORE INSERT ON bench_orm_entry FOR EACH ROW EXECUTE FUNCTION bench_orm_check_entry();

CREATE FUNCTION bench_orm_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are only added to' USING ERRCODE = '23514';
END
$$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON bench_orm_entry FOR EACH ROW EXECUTE FUNCTION bench_orm_refuse();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON bench_orm_transaction FOR EACH ROW EXECUTE FUNCTION bench_orm_refuse();
ANALYZE bench_orm_account;
