-- A transaction id orders rows only within one database cluster. A backup restored into a new cluster starts counting again, so rows
-- carry the epoch beside it, and (epoch, transaction id) goes on growing.

CREATE TABLE audit_cluster_epoch (
    epoch integer PRIMARY KEY CONSTRAINT audit_cluster_epoch_positive CHECK (epoch > 0),
    system_identifier bigint NOT NULL,
    first_txid bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL CONSTRAINT audit_cluster_epoch_has_a_reason CHECK (reason <> '')
);
SELECT audit_guard_table('audit_cluster_epoch');

CREATE FUNCTION audit_current_epoch() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT epoch FROM audit_cluster_epoch ORDER BY epoch DESC LIMIT 1
$$;

-- Begins a new epoch when this database runs in another cluster than the one that wrote the newest epoch. Returns the epoch in force.
CREATE FUNCTION audit_ensure_epoch() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit_cluster_epoch;
    here bigint := (SELECT system_identifier FROM pg_control_system());
BEGIN
    LOCK TABLE audit_cluster_epoch IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO newest FROM audit_cluster_epoch ORDER BY epoch DESC LIMIT 1;
    IF newest.system_identifier IS DISTINCT FROM here THEN
        INSERT INTO audit_cluster_epoch (epoch, system_identifier, first_txid, reason)
        VALUES (coalesce(newest.epoch, 0) + 1, here, pg_current_xact_id()::text::bigint,
                CASE WHEN newest.epoch IS NULL THEN 'first start' ELSE 'the database was moved to another cluster' END);
    END IF;
    RETURN audit_current_epoch();
END
$$;

SELECT audit_ensure_epoch();
