-- The floor: the rows of one withdrawal, straight into the same tables, past the same triggers, constraints and indexes, with nothing
-- else: no JSON, no lookup by code, no idempotency, no floors, no holds. It knows that the first line is the one guarded account.
-- Its plans are made once, as ours are: else the triggers would plan at every posting, and the floor would lie too low.
CREATE FUNCTION bench_post(
    given_reference text, content_hash bytea, business_id uuid, correlation text, given_value_at timestamptz, accounts uuid[], debits numeric[],
    credits numeric[], actor text, acted_at timestamptz, event_metadata jsonb) RETURNS uuid
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    balance ledger_balance;
    posting_id uuid := audit_new_id();
    this_txid bigint := pg_current_xact_id()::text::bigint;
    this_epoch integer := audit_current_epoch();
    moment timestamptz;
BEGIN
    UPDATE ledger_balance AS own SET debits = own.debits + bench_post.debits[1], version = own.version + 1
     WHERE own.account_id = accounts[1] RETURNING own.* INTO balance;
    WITH parent AS (
        INSERT INTO ledger_ledgertransaction (
            id, reference, content_hash, kind, description, transaction_id, correlation_id, value_at, booked_at, created_txid,
            cluster_epoch, forced_kind, metadata)
        VALUES (posting_id, given_reference, content_hash, 'bench.withdrawal', '', business_id, correlation, given_value_at,
                clock_timestamp(), this_txid, this_epoch, '', '{}')
        RETURNING booked_at, value_at
    ), entered AS (
    INSERT INTO ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,
                              account_version, txid, cluster_epoch)
    SELECT audit_new_id(), parent.booked_at, parent.value_at, posting_id, line.ordinal, line.account_id, 'USDC.ethereum', line.debit,
           line.credit, CASE line.ordinal WHEN 1 THEN balance.credits - balance.debits END,
           CASE line.ordinal WHEN 1 THEN balance.version END, this_txid, this_epoch
      FROM parent, unnest(accounts, debits, credits) WITH ORDINALITY AS line (account_id, debit, credit, ordinal)
    )
    SELECT parent.booked_at INTO moment FROM parent;
    PERFORM bench_event('ledger.posted', 'ledger_transaction', posting_id::text, business_id, correlation, actor, acted_at, '{}',
                        event_metadata || jsonb_build_object('booked_at', moment));
    RETURN posting_id;
END
$$;

CREATE FUNCTION bench_event(
    type text, resource_type text, resource_id text, business_id uuid, correlation text, actor text, acted_at timestamptz, diff jsonb,
    metadata jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_event (
        id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, actor_id, person_id, credential_id,
        on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, transaction_id, occurred_at, reason, diff,
        metadata, status_text)
    VALUES (audit_new_id(), clock_timestamp(), 0, 0, '', 1, type, 'succeeded', 'system', actor, NULL, '', '', correlation, '', '',
            resource_type, resource_id, business_id, acted_at, '', diff, metadata, '');
END
$$;

-- The row-lock floor of a hold: lock the balance, write the hold, move the balance, write the event.
CREATE FUNCTION bench_hold(
    given_reference text, given_account uuid, given_amount numeric, correlation text, actor text, acted_at timestamptz, operation jsonb)
RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM FROM ledger_balance WHERE account_id = given_account FOR NO KEY UPDATE;
    INSERT INTO ledger_hold (id, reference, account_id, amount, status, correlation_id, placed_at)
    VALUES (audit_new_id(), given_reference, given_account, given_amount, 'placed', correlation, clock_timestamp());
    UPDATE ledger_balance SET held = held + given_amount WHERE account_id = given_account;
    PERFORM bench_event('ledger.hold_placed', 'hold', given_reference, NULL, correlation, actor, acted_at, '{}', operation);
END
$$;
