-- Who may do what with the audit trail: everybody who acts may add to it through audit_record(), nobody may touch the table.
GRANT SELECT ON audit_event, audit_cluster_epoch TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_record(jsonb) TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_current_epoch(), audit_missing_guards(regclass, boolean)
    TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_ensure_event_partitions(), audit_ensure_epoch() TO countersign_worker;

-- The sealed log: everybody reads it, the sealer alone adds to it, and times are the database's own.
GRANT SELECT ON audit_leaf, audit_node, audit_checkpoint, audit_anchor, audit_anchor_delivery, audit_seal_refusal
    TO countersign_web, countersign_worker, countersign_sealer;
GRANT INSERT ON audit_leaf, audit_node, audit_checkpoint TO countersign_sealer;
GRANT INSERT (name, kind, every_s, active), UPDATE (kind, every_s, active, active_since, attempts, next_try_at, last_error, refuses)
    ON audit_anchor TO countersign_sealer;
GRANT INSERT (anchor, sequence, receipt) ON audit_anchor_delivery TO countersign_sealer;
GRANT INSERT (reason) ON audit_seal_refusal TO countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_ensure_epoch() TO countersign_sealer;

-- What is archived everybody may know. Archived events are read by whoever reads the trail, for proofs; other archived rows are the owner's.
GRANT SELECT ON audit_archived_month, audit_trail TO countersign_web, countersign_worker, countersign_sealer;
GRANT EXECUTE ON FUNCTION audit_archived_until(text), audit_dropped_until(), audit_archive_contradictions(), audit_kept_contradictions()
    TO countersign_web, countersign_worker, countersign_sealer;

-- The privacy vault: who serves and works may add to it and forget a subject; nothing in it is changed otherwise.
GRANT SELECT, INSERT ON audit_vaultsubject, audit_vaultvalue TO countersign_web, countersign_worker;
GRANT UPDATE (sealed_key, erased_at) ON audit_vaultsubject TO countersign_web, countersign_worker;
