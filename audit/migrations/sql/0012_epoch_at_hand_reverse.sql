DROP TRIGGER write_epoch ON audit_cluster_epoch;
DROP FUNCTION audit_write_epoch();
CREATE OR REPLACE FUNCTION audit_current_epoch() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT epoch FROM audit_cluster_epoch ORDER BY epoch DESC LIMIT 1
$$;
