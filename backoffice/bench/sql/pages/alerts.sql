-- One transfer of ten once rang; thirty do now.
INSERT INTO alerts_alert (id, rule, cause_key, severity, title, detail, client_id, transfer_id, link, runbook, opened_at, resolved_at,
                          acknowledged_by, resolution)
SELECT audit_new_id(), 'time in state: bench', id::text, 'warning', reference || ' is late', 'It waits for the chain.', client_id, id,
       '/transfers/' || id || '/', 'transfer-stuck-created', created_at + interval '10 minutes',
       CASE WHEN age > 300 THEN created_at + interval '20 minutes' END, '', CASE WHEN age > 300 THEN 'The transfer moved on.' ELSE '' END
  FROM (SELECT *, row_number() OVER (ORDER BY created_at DESC) AS age FROM transfers_transfer) AS transfer
 WHERE age % 10 = 0;
