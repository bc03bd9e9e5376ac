-- Operators import files and read everything; workers fetch, index and match. Nobody who serves or works may change what was read.
GRANT SELECT ON reconciliation_source, reconciliation_statementfile, reconciliation_statement, reconciliation_externalitem,
    reconciliation_indexedblock, reconciliation_match, reconciliation_break TO countersign_web, countersign_worker;
GRANT INSERT ON reconciliation_statementfile, reconciliation_statement, reconciliation_externalitem, reconciliation_break
    TO countersign_web, countersign_worker;
GRANT SELECT, INSERT ON reconciliation_historicalsource TO countersign_web, countersign_worker;
GRANT INSERT ON reconciliation_source TO countersign_web, countersign_worker;
GRANT INSERT ON reconciliation_indexedblock, reconciliation_match TO countersign_worker;
GRANT UPDATE (last_sequence) ON reconciliation_source TO countersign_worker;
GRANT UPDATE (status) ON reconciliation_externalitem TO countersign_worker;
-- The worker resolves the break of an arrival that people have allocated.
GRANT UPDATE (status, resolved_at, resolution) ON reconciliation_break TO countersign_worker;
GRANT USAGE ON SEQUENCE reconciliation_indexedblock_id_seq TO countersign_worker;
-- What the outside holds comes with every statement that is imported, and from the chain; a reading is never written again.
GRANT SELECT, INSERT ON reconciliation_balancereading TO countersign_web, countersign_worker;
