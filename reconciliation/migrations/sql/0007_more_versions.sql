-- Versions are added to, never rewritten; what was there when they began is the first of them.
SELECT audit_guard_table('reconciliation_historicalsource');
INSERT INTO reconciliation_historicalsource
    (code, name, kind, account_identification, account_code, network, start_block, active, correlation_id, request_id, history_id, history_date, history_type, history_user_id,
     history_change_reason)
SELECT code, name, kind, account_identification, account_code, network, start_block, active, '', '', audit_new_id(), now(), '+', 'migration',
       'as it was when its versions began'
  FROM reconciliation_source;
