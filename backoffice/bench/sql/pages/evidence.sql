-- What the chain said of each transfer, and the differences: one in twenty there was, sixty there are.
INSERT INTO reconciliation_externalitem (id, source_id, kind, fingerprint, direction, currency, amount, value_date, booked_at,
                                         counterparty, text, "references", status, imported_at)
SELECT md5('item' || id)::uuid, 'bench-chain', 'token_transfer', md5('item' || id), 'debit', source_asset_id, source_amount, NULL,
       created_at, '', '', '{}', 'matched', created_at
  FROM transfers_transfer WHERE status IN ('RECONCILED', 'CONFIRMED');

INSERT INTO reconciliation_match (id, item_id, transfer_id, leg_reference, role, rule, confidence, matched_at)
SELECT md5('match' || id)::uuid, md5('item' || id)::uuid, id, reference, 'payment', 'tx_hash/1', 100, created_at
  FROM transfers_transfer WHERE status = 'RECONCILED';

INSERT INTO reconciliation_break (id, reference, type, severity, status, source_id, transfer_id, subject_key, title, explanation,
                                  currency, expected_amount, actual_amount, opened_at, deadline_at, resolved_at, resolution)
SELECT audit_new_id(), upper(substr(md5('break' || id), 1, 26)), 'missing_external', 'medium',
       CASE WHEN age <= 1200 AND age % 20 = 0 THEN 'open' ELSE 'resolved' END, 'bench-chain', id, 'bench/' || id, 'Not seen on the chain',
       'It was expected within the hour.', source_asset_id, source_amount, NULL, created_at, created_at + interval '1 day',
       CASE WHEN age <= 1200 AND age % 20 = 0 THEN NULL ELSE created_at + interval '2 hours' END,
       CASE WHEN age <= 1200 AND age % 20 = 0 THEN '' ELSE 'It was late.' END
  FROM (SELECT *, row_number() OVER (ORDER BY created_at DESC) AS age FROM transfers_transfer) AS transfer
 WHERE age % 20 = 0;
