-- Tables of the locking ORM version: what Django's own migrations would make, with the columns, checks and indexes of ours, without
-- partitions and without triggers.
CREATE TABLE bench_orm_account (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    asset_id text NOT NULL REFERENCES ledger_asset,
    balance numeric(78, 0) NOT NULL,
    version bigint NOT NULL
);
INSERT INTO bench_orm_account
SELECT account.id, account.code, account.asset_id, balance.credits - balance.debits, balance.version
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

CREATE TABLE bench_orm_event (
    id uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    type text NOT NULL,
    actor_type text NOT NULL,
    actor_id text NOT NULL,
    correlation_id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    transaction_id uuid,
    metadata jsonb NOT NULL
);
CREATE INDEX ON bench_orm_event (resource_type, resource_id, recorded_at, id);
CREATE INDEX ON bench_orm_event (actor_id, recorded_at, id);
CREATE INDEX ON bench_orm_event (type, recorded_at, id);
CREATE INDEX ON bench_orm_event (correlation_id, recorded_at, id);
CREATE INDEX ON bench_orm_event (transaction_id, recorded_at, id);
ANALYZE bench_orm_account;
