-- The epoch in force is asked for by every event, entry and balance, and changes when the database is moved to another cluster: so it is
-- no longer looked up, but stands in the function itself, which each new epoch writes anew.
CREATE FUNCTION audit_write_epoch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION audit_current_epoch() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
                   (SELECT 'SELECT ' || max(epoch) FROM audit_cluster_epoch));
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION audit_write_epoch() FROM PUBLIC;
CREATE TRIGGER write_epoch AFTER INSERT ON audit_cluster_epoch FOR EACH STATEMENT EXECUTE FUNCTION audit_write_epoch();
ALTER TABLE audit_cluster_epoch ENABLE ALWAYS TRIGGER write_epoch;

DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION audit_current_epoch() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
                   (SELECT 'SELECT ' || max(epoch) FROM audit_cluster_epoch));
END
$$;
