DROP FUNCTION ledger_postings_digests(timestamptz);
CREATE OR REPLACE FUNCTION ledger_events_after(since_epoch integer, since_txid bigint)
RETURNS TABLE (type text, resource_type text, resource_id text, transaction_id uuid, correlation_id text, recorded_at timestamptz, metadata jsonb,
               cluster_epoch integer, txid bigint)
LANGUAGE sql STABLE AS $$
    SELECT event.type, event.resource_type, event.resource_id, event.transaction_id, event.correlation_id, event.recorded_at, event.metadata,
           event.cluster_epoch, event.txid
      FROM audit_event AS event
     WHERE event.cluster_epoch = since_epoch AND event.txid > since_txid OR event.cluster_epoch > since_epoch
$$;
