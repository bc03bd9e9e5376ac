-- As before, but a new epoch waits for every transaction that has written events, and lets none write before it is in force. Else one
-- that was under way could still record an event of the old epoch after the sealer took that epoch for complete.
CREATE OR REPLACE FUNCTION audit_ensure_epoch() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit_cluster_epoch;
    here bigint := (SELECT system_identifier FROM pg_control_system());
BEGIN
    SELECT * INTO newest FROM audit_cluster_epoch ORDER BY epoch DESC LIMIT 1;
    IF newest.system_identifier = here THEN
        RETURN newest.epoch;
    END IF;
    LOCK TABLE audit_event, audit_cluster_epoch IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO newest FROM audit_cluster_epoch ORDER BY epoch DESC LIMIT 1;
    IF newest.system_identifier IS DISTINCT FROM here THEN
        INSERT INTO audit_cluster_epoch (epoch, system_identifier, first_txid, reason)
        VALUES (coalesce(newest.epoch, 0) + 1, here, pg_current_xact_id()::text::bigint,
                CASE WHEN newest.epoch IS NULL THEN 'first start' ELSE 'the database was moved to another cluster' END);
    END IF;
    RETURN audit_current_epoch();
END
$$;
