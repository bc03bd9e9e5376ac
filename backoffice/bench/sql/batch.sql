-- The floor of a batch: one statement for all of it, from arrays with every id, amount and balance worked out beforehand; balances are
-- moved by their totals.
WITH given AS MATERIALIZED (
    SELECT audit_new_id() AS id, *
      FROM unnest(%(references)s::text[], %(transaction_ids)s::uuid[], %(payees)s::uuid[], %(amounts)s::numeric[],
                  %(payer_after)s::numeric[], %(payer_version)s::bigint[], %(payee_after)s::numeric[], %(payee_version)s::bigint[],
                  %(metadata)s::text[])
           AS line (reference, transaction_id, payee, amount, payer_after, payer_version, payee_after, payee_version, metadata)
), born AS (
    SELECT pg_current_xact_id()::text::bigint AS txid, audit_current_epoch() AS epoch
), parent AS (
    INSERT INTO ledger_ledgertransaction (
        id, reference, content_hash, kind, description, transaction_id, correlation_id, value_at, booked_at, created_txid, cluster_epoch,
        forced_kind, metadata)
    SELECT id, reference, %(content_hash)s, %(kind)s, '', transaction_id, %(correlation)s, %(value_at)s, clock_timestamp(), txid, epoch,
           '', '{}'
      FROM given, born
    RETURNING id, booked_at, value_at
), entered AS (
    INSERT INTO ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,
                              account_version, txid, cluster_epoch)
    SELECT audit_new_id(), parent.booked_at, parent.value_at, parent.id, line.*, txid, epoch
      FROM born, parent JOIN given USING (id)
     CROSS JOIN LATERAL (VALUES (1, %(payer)s::uuid, %(asset)s, amount, 0, payer_after, payer_version),
                                (2, payee, %(asset)s, 0, amount, payee_after, payee_version)) AS line
), moved AS (
    UPDATE ledger_balance AS balance
       SET debits = balance.debits + change.debit, credits = balance.credits + change.credit, version = balance.version + change.entries
      FROM (SELECT payee AS account_id, 0 AS debit, sum(amount) AS credit, count(*) AS entries FROM given GROUP BY payee
            UNION ALL SELECT %(payer)s, sum(amount), 0, count(*) FROM given) AS change
     WHERE balance.account_id = change.account_id
)
INSERT INTO audit_event (
    id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, actor_id, person_id, credential_id,
    on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, transaction_id, occurred_at, reason, diff,
    metadata, status_text)
SELECT audit_new_id(), clock_timestamp(), 0, 0, '', 1, 'ledger.posted', 'succeeded', 'system', %(actor)s, NULL, '', '', %(correlation)s,
       '', '', 'ledger_transaction', id::text, transaction_id, %(value_at)s, '', '{}', metadata::jsonb, ''
  FROM given
