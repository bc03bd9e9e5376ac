-- As before, and nothing of this floor keeps the trail's table from being dropped: what it needs of an event is named here.
DROP FUNCTION ledger_events_after(integer, bigint);
CREATE FUNCTION ledger_events_after(since_epoch integer, since_txid bigint)
RETURNS TABLE (type text, resource_type text, resource_id text, transaction_id uuid, metadata jsonb, cluster_epoch integer, txid bigint)
LANGUAGE sql STABLE AS $$
    SELECT event.type, event.resource_type, event.resource_id, event.transaction_id, event.metadata, event.cluster_epoch, event.txid
      FROM audit_event AS event
     WHERE event.cluster_epoch = since_epoch AND event.txid > since_txid OR event.cluster_epoch > since_epoch
$$;
REVOKE EXECUTE ON FUNCTION ledger_events_after(integer, bigint) FROM PUBLIC;
