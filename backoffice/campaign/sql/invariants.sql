-- What must never be found. Each statement gives one text per finding; it is asked while nothing is on its way.

-- I1: at most one signed payload per leg and attempt, and one mined transaction per wallet and nonce
SELECT format('leg %s attempt %s is signed %s times', leg_id, attempt, count(*))
  FROM transfers_chaintransaction GROUP BY leg_id, attempt HAVING count(*) > 1
 UNION ALL
SELECT format('wallet %s mined nonce %s %s times', wallet_id, nonce, count(*))
  FROM transfers_chaintransaction WHERE status IN ('mined', 'confirmed', 'reverted') GROUP BY wallet_id, nonce HAVING count(*) > 1;

-- I2: every signature has its quorum of approvals by distinct people over exactly that digest
SELECT format('%s was signed with %s of %s approvals', transfer.reference, votes.people, request.quorum)
  FROM transfers_transfer transfer
  JOIN approvals_approvalrequest request ON request.id = transfer.approval_request_id
 CROSS JOIN LATERAL (SELECT count(DISTINCT vote.person_id) AS people FROM approvals_vote vote
        WHERE vote.request_id = request.id AND vote.decision = 'approve' AND vote.digest = request.digest
          AND vote.revision = request.revision) AS votes
 WHERE EXISTS (SELECT FROM transfers_leg leg JOIN transfers_chaintransaction signed ON signed.leg_id = leg.id
                WHERE leg.transfer_id = transfer.id)
   AND (votes.people < request.quorum OR request.executed_at IS NULL);

-- I3: no approver is a maker
SELECT format('person %s made and decided request %s', vote.person_id, vote.request_id)
  FROM approvals_vote vote JOIN approvals_requestmaker maker ON maker.request_id = vote.request_id AND maker.person_id = vote.person_id;

-- I5: what is held is what open transfers may take, and nothing else
SELECT format('hold %s is placed for %s', hold.reference, coalesce(transfer.status, 'nothing'))
  FROM ledger_hold hold JOIN transfers_transfer transfer ON transfer.id = hold.transaction_id
 WHERE hold.status = 'placed' AND transfer.status IN ('CONFIRMED', 'FIAT_SETTLED', 'RECONCILED', 'FAILED', 'CANCELLED', 'EXPIRED')
   -- What a card brought is on hold until its provider has settled it.
   AND (transfer.route, transfer.status) <> ('card_deposit', 'CONFIRMED');

-- I5: held and taken are what was asked for, once it is priced and until it has ended without a payment: then nothing is
SELECT format('%s is %s: %s is held and %s taken of %s', transfer.reference, transfer.status, held.amount, taken.amount,
              transfer.source_amount + transfer.fee_amount)
  FROM transfers_transfer transfer
  JOIN ledger_account account ON account.owner = 'client:' || transfer.client_id AND account.asset_id = transfer.source_asset_id
   AND account.code = 'client:' || transfer.client_id || ':' || transfer.source_asset_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(hold.amount), 0) AS amount FROM ledger_hold hold
        WHERE hold.transaction_id = transfer.id AND hold.account_id = account.id AND hold.status = 'placed') AS held
 CROSS JOIN LATERAL (SELECT coalesce(sum(entry.debit - entry.credit), 0) AS amount
        FROM ledger_entry entry JOIN ledger_ledgertransaction posting ON posting.id = entry.transaction_id
        WHERE posting.transaction_id = transfer.id AND entry.account_id = account.id) AS taken
 WHERE transfer.hold_reference <> '' AND transfer.route IN ('on_chain_withdrawal', 'off_ramp', 'internal_transfer', 'conversion')
   AND transfer.status <> 'CREATED'
   AND held.amount + taken.amount <> CASE WHEN transfer.status IN ('FAILED', 'CANCELLED', 'EXPIRED') THEN 0
                                          ELSE transfer.source_amount + transfer.fee_amount END;

-- I6: states move only along the rows of their machine version, without gaps, each with one audit record
SELECT format('%s went from %s to %s', transfer.reference, event.from_status, event.to_status)
  FROM transfers_event event JOIN transfers_transfer transfer ON transfer.id = event.transfer_id
 WHERE event.from_status <> event.to_status AND event.from_status <> '' AND NOT EXISTS (
       SELECT FROM transfers_machinerow row WHERE row.route = transfer.route AND row.version = transfer.machine_version
          AND row.source = event.from_status AND row.target = event.to_status)
 UNION ALL
SELECT format('%s is at version %s, has %s events up to %s and %s audit records', transfer.reference, transfer.version,
              told.events, told.last, recorded.events)
  FROM transfers_transfer transfer
 CROSS JOIN LATERAL (SELECT count(*) AS events, max(seq) AS last FROM transfers_event WHERE transfer_id = transfer.id) AS told
 CROSS JOIN LATERAL (SELECT count(*) AS events FROM audit_event WHERE resource_type = 'transfer'
        AND resource_id = transfer.id::text AND diff ? 'version') AS recorded
 WHERE (told.events, told.last, recorded.events) IS DISTINCT FROM (transfer.version, transfer.version, transfer.version);

-- I8: nothing is signed while everything is halted, but what uses up a nonce and pays nobody
SELECT format('%s was signed at %s during the halt of %s', signed.hash, signed.signed_at, halt.placed_at)
  FROM transfers_chaintransaction signed JOIN approvals_halt halt ON halt.scope = 'system'
 WHERE signed.signed_at > halt.placed_at AND (halt.lifted_at IS NULL OR signed.signed_at < halt.lifted_at)
   AND signed.purpose = 'payment';

-- I8: nothing is ordered while everything is halted
SELECT format('%s was begun at %s during the halt of %s', call.key, call.intent_at, halt.placed_at)
  FROM transfers_providercall call JOIN approvals_halt halt ON halt.scope = 'system'
 WHERE call.operation IN ('sign', 'pay') AND call.intent_at > halt.placed_at
   AND (halt.lifted_at IS NULL OR call.intent_at < halt.lifted_at);

-- I9: what was signed was decided by the policy that was approved
SELECT format('%s goes by one decision, its request by another', transfer.reference)
  FROM transfers_transfer transfer JOIN approvals_approvalrequest request ON request.id = transfer.approval_request_id
 -- A file is approved as a whole; each of its lines has a decision of its own besides.
 WHERE transfer.bulk_id IS NULL AND request.policy_decision_id IS DISTINCT FROM transfer.policy_decision_id;

-- I10: one transfer per key, and per order of the campaign
SELECT format('%s of %s became %s transfers', client_reference, client_id, count(*))
  FROM transfers_transfer WHERE client_reference LIKE 'campaign/%' GROUP BY client_id, client_reference HAVING count(*) > 1
 UNION ALL
SELECT format('key %s answered 201 without a transfer', key) FROM transfers_idempotencykey
 WHERE response_status = 201 AND transfer_id IS NULL AND NOT EXISTS (
       SELECT FROM transfers_bulkorder file WHERE file.idempotency_key_id = transfers_idempotencykey.id);

-- I11: every intent has its outcome
SELECT format('%s of %s is still %s', call.key, transfer.reference, call.outcome)
  FROM transfers_providercall call JOIN transfers_transfer transfer ON transfer.id = call.transfer_id
 WHERE call.outcome IN ('intent', 'unknown') AND transfer.status IN ('CONFIRMED', 'FIAT_SETTLED', 'RECONCILED', 'CANCELLED', 'EXPIRED')
   AND NOT (transfer.status = 'CONFIRMED' AND transfer.route = 'off_ramp');

-- I11: every event is in the outbox, and nothing else is
SELECT format('event %s of transfer %s is %s', coalesce(event.id, waiting.id), coalesce(event.transfer_id, waiting.transfer_id),
              CASE WHEN event.id IS NULL THEN 'in the outbox and never happened' ELSE 'not in the outbox' END)
  FROM transfers_event event FULL JOIN transfers_outboxevent waiting ON waiting.id = event.id
 -- Whoever is paid hears of it in an event of its own.
 WHERE (event.id IS NULL AND waiting.type <> 'incoming_transfer.received') OR waiting.id IS NULL;

-- I11: a message that was taken is noted, and one that is noted as taken was
SELECT format('delivery %s is %s after %s answers that took it', delivery.id, delivery.state, taken.count)
  FROM transfers_webhookdelivery delivery
 CROSS JOIN LATERAL (SELECT count(*) FROM transfers_webhookattempt attempt
                      WHERE attempt.delivery_id = delivery.id AND attempt.status BETWEEN 200 AND 299) AS taken
 WHERE (delivery.state = 'delivered') <> (taken.count > 0);

-- I11: every effect stands once in the books
SELECT format('%s has %s postings of kind %s', transfer.reference, count(*), posting.kind)
  FROM ledger_ledgertransaction posting JOIN transfers_transfer transfer ON transfer.id = posting.transaction_id
 -- Gas is paid per attempt, and a dispute costs each time.
 WHERE posting.kind NOT IN ('network_fee', 'chargeback', 'chargeback_fee') AND posting.reverses_id IS NULL
   AND posting.adjusts_id IS NULL
   AND NOT EXISTS (SELECT FROM ledger_ledgertransaction undone WHERE undone.reverses_id = posting.id)
 GROUP BY transfer.reference, posting.kind HAVING count(*) > 1;

-- I13: what is under way is due one day, or waits for evidence from outside
SELECT format('%s is %s and nobody will ever look at it', reference, status)
  FROM transfers_transfer
 WHERE due_at IS NULL AND status NOT IN ('CONFIRMED', 'FIAT_SETTLED', 'RECONCILED', 'FAILED', 'CANCELLED', 'EXPIRED');

-- I13: what others do is due one day, too: messages, parts of files, calls back, receipts, payouts without evidence
SELECT format('%s %s is %s and nobody will ever look at it', waits.kind, waits.id, waits.status)
  FROM (SELECT 'part' AS kind, id::text, status, due_at FROM transfers_bulkpart
         WHERE status = 'waiting' AND order_id IN (SELECT id FROM transfers_bulkorder WHERE status = 'in_progress')
         UNION ALL
        SELECT 'recall', id::text, status, due_at FROM transfers_payoutrecall WHERE status IN ('ordered', 'asked')
         UNION ALL
        SELECT 'payout', reference, status, due_at FROM transfers_transfer
         WHERE route = 'off_ramp' AND status = 'CONFIRMED' AND money_state <> 'exception'
         UNION ALL
        SELECT 'event', id::text, 'not dispatched', NULL FROM transfers_outboxevent
         WHERE dispatched_at IS NULL AND recorded_at < now() - interval '10 minutes') AS waits
 WHERE waits.due_at IS NULL;

-- I14: no limit is exceeded, and what counts against it is what was not given back
SELECT format('bucket %s says %s of %s, its uses are %s', bucket.id, bucket.used, bucket.capacity, uses.total)
  FROM approvals_limitbucket bucket
 CROSS JOIN LATERAL (SELECT coalesce(sum(use.amount - (SELECT coalesce(sum(share.amount), 0) FROM approvals_limitreturn share
                                                          WHERE share.use_id = use.id)), 0) AS total
                       FROM approvals_limituse use WHERE use.bucket_id = bucket.id AND use.given_back_at IS NULL) AS uses
 WHERE bucket.used > bucket.capacity OR bucket.used <> uses.total;

-- I16: approvals are used once, and only after they were given
SELECT format('request %s is %s and was used', reference, status) FROM approvals_approvalrequest
 WHERE executed_at IS NOT NULL AND status <> 'approved';

-- I17: votes of people who were shut out before they voted do not count
SELECT format('request %s counts the vote of %s, who is not active', request.reference, person.name)
  FROM approvals_approvalrequest request
  JOIN approvals_vote vote ON vote.request_id = request.id AND vote.decision = 'approve'
  JOIN approvals_person person ON person.id = vote.person_id
 WHERE NOT person.active AND request.executed_at IS NULL AND request.status = 'approved';

-- I6: no bank is ordered to pay for what is not confirmed, or was given back as if it had never gone
SELECT format('%s is %s and its bank was ordered to pay', transfer.reference, transfer.status)
  FROM transfers_leg leg JOIN transfers_transfer transfer ON transfer.id = leg.transfer_id
 WHERE leg.rail = 'bank' AND leg.direction = 'out' AND leg.request_state <> 'received'
   AND transfer.status NOT IN ('CONFIRMED', 'FIAT_SETTLED', 'RECONCILED', 'FAILED');

-- I6: no bank is ordered while the payment on chain is not there, in a message or by itself
SELECT format('%s was %s when its bank was ordered to pay', transfer.reference, stood.to_status)
  FROM transfers_providercall call JOIN transfers_transfer transfer ON transfer.id = call.transfer_id
 CROSS JOIN LATERAL (SELECT event.to_status FROM transfers_event event
        WHERE event.transfer_id = transfer.id AND event.occurred_at <= call.intent_at ORDER BY event.seq DESC LIMIT 1) AS stood
 WHERE call.operation = 'pay' AND stood.to_status <> 'CONFIRMED';
