-- As before, over the archived months of the trail as well.
CREATE OR REPLACE FUNCTION ledger_events_after(since_epoch integer, since_txid bigint)
RETURNS TABLE (type text, resource_type text, resource_id text, transaction_id uuid, correlation_id text, recorded_at timestamptz, metadata jsonb,
               cluster_epoch integer, txid bigint)
LANGUAGE sql STABLE AS $$
    SELECT event.type, event.resource_type, event.resource_id, event.transaction_id, event.correlation_id, event.recorded_at, event.metadata,
           event.cluster_epoch, event.txid
      FROM audit_trail AS event
     WHERE event.cluster_epoch = since_epoch AND event.txid > since_txid OR event.cluster_epoch > since_epoch
$$;

-- Per month (UTC) of those before `until`, none when it is null: how many postings were booked, and the SHA-256 of their SHA-256s in the
-- order of their ids, each of the JSON of its columns. Columns that come later do not change it. Reads every posting.
CREATE FUNCTION ledger_postings_digests(until timestamptz) RETURNS TABLE (month date, rows bigint, sha256 text)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET TimeZone = 'UTC' SET work_mem = '64MB' AS $$
    SELECT date_trunc('month', posting.booked_at)::date, count(*), encode(sha256(string_agg(sha256(convert_to(jsonb_build_array(
               posting.id, posting.reference, encode(posting.content_hash, 'hex'), posting.kind, posting.description, posting.transaction_id,
               posting.correlation_id, posting.value_at, posting.booked_at, posting.settled_at, posting.created_txid, posting.cluster_epoch,
               posting.reverses_id, posting.adjusts_id, posting.forced_kind, posting.metadata)::text, 'UTF8')), ''::bytea
               ORDER BY posting.id)), 'hex')
      FROM ledger_ledgertransaction AS posting WHERE posting.booked_at < until
     GROUP BY 1
$$;
REVOKE EXECUTE ON FUNCTION ledger_postings_digests(timestamptz) FROM PUBLIC;
