-- One transfer of five was approved by a person; those that are still CREATED wait for one. As many were decided within a day, however
-- long the past.
INSERT INTO approvals_approvalrequest (id, reference, action, subject_type, subject_id, client_id, title, revision, payload, digest,
                                       quorum, role, status, correlation_id, made_at, expires_at, decided_at, executed_at,
                                       closing_reason)
SELECT gen_random_uuid(), upper(substr(md5('request' || id), 1, 26)), 'transfer.release', 'transfer', id::text, client_id,
       'Release a transfer', 1, convert_to(told.payload, 'UTF8'), sha256(convert_to(told.payload, 'UTF8')), 1, 'approver',
       CASE WHEN status = 'CREATED' THEN 'pending' ELSE 'approved' END, id::text, made_at, clock_timestamp() + interval '1 day',
       CASE WHEN status <> 'CREATED' THEN made_at + interval '5 minutes' END,
       CASE WHEN status <> 'CREATED' THEN made_at + interval '5 minutes' END, ''
  FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS place, row_number() OVER (ORDER BY created_at DESC) AS age
          FROM transfers_transfer) AS transfer,
       LATERAL (SELECT CASE WHEN status = 'CREATED' THEN clock_timestamp()
                            WHEN age <= 500 THEN clock_timestamp() - interval '1 hour' - age * interval '1 second'
                            ELSE created_at - interval '2 days' END AS made_at) AS moment,
       LATERAL (SELECT json_build_object(
               'source_amount', source_amount::text, 'source_asset', source_asset_id, 'target_asset', target_asset_id,
               'client_id', client_id, 'max_fee', max_fee::text, 'max_total_debit', max_total_debit::text, 'route', route,
               'min_target_amount', min_target_amount::text, 'corridor', corridor_id, 'not_after', not_after, 'reference', reference,
               'client_reference', client_reference, 'destination', destination_details, 'destination_id', destination_id)::text AS payload) AS told
 WHERE status = 'CREATED' OR place % 5 = 0;

UPDATE transfers_transfer AS transfer SET approval_request_id = request.id
  FROM approvals_approvalrequest AS request WHERE request.subject_id = transfer.id::text;

INSERT INTO approvals_requestmaker (request_id, person_id)
SELECT request.id, (SELECT id FROM approvals_person WHERE name <> 'Bea Bench' ORDER BY id LIMIT 1) FROM approvals_approvalrequest AS request;

INSERT INTO approvals_vote (id, request_id, revision, digest, person_id, operator, role, role_held_since, decision, reason, voted_at)
SELECT gen_random_uuid(), id, 1, digest, (SELECT id FROM approvals_person WHERE name = 'Bea Bench'), 'bench', 'approver',
       made_at - interval '1 year', 'approve', '', decided_at FROM approvals_approvalrequest WHERE status = 'approved';
