-- Who may do what with the audit trail: everybody who acts may add to it through audit_record(), nobody may touch the table.
GRANT SELECT ON audit_event, audit_cluster_epoch TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_record(jsonb) TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_current_epoch(), audit_missing_guards(regclass, boolean)
    TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_ensure_event_partitions(), audit_ensure_epoch() TO countersign_worker;
