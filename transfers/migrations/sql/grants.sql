-- Web accepts orders, votes, cancels and answers clients; the worker drives. Neither deletes anything, and events only come in through
-- their function. Column grants say what may change on a row; the triggers say how.
GRANT SELECT ON
    transfers_arrival, transfers_depositaddress, transfers_scanmark, transfers_transfer, transfers_leg, transfers_externalreference, transfers_machinerow, transfers_event, transfers_quote,
    transfers_bankaccount, transfers_bankcalendar, transfers_historicalbankcalendar, transfers_payoutbatch, transfers_wallet, transfers_walletreservation, transfers_chaintransaction, transfers_providercall,
    transfers_idempotencykey, transfers_inboundwebhook, transfers_heartbeat
TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_record_event(jsonb) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_ensure_event_partitions() TO countersign_worker;

GRANT INSERT ON transfers_transfer, transfers_quote, transfers_idempotencykey, transfers_inboundwebhook TO countersign_web;
GRANT INSERT ON
    transfers_leg, transfers_externalreference, transfers_quote, transfers_walletreservation, transfers_chaintransaction,
    transfers_providercall
TO countersign_worker;

-- UPDATE of one column is what a row lock needs; the rest is what moves.
GRANT UPDATE (
    status, version, request_state, money_state, evidence_state, target_amount, fee_amount, quote_id, hold_reference, failure_code,
    failure_message, status_text, updated_at, state_entered_at, deadline_at, due_at, lease_owner, lease_until, fence, attempts, last_error, stopped_by
) ON transfers_transfer TO countersign_web, countersign_worker;
-- New terms, with the new request that asks for them.
GRANT UPDATE (min_target_amount, approval_request_id) ON transfers_transfer TO countersign_web;
GRANT UPDATE (request_state, money_state, evidence_state) ON transfers_leg TO countersign_web, countersign_worker;
GRANT UPDATE (value_date, expected_on, missed_cut_off, batch_id) ON transfers_leg TO countersign_worker;
GRANT INSERT ON transfers_payoutbatch TO countersign_worker;
GRANT UPDATE (
    status, closes_at, sent_at, content, count, total, answer, verdicts, answered_at, lease_until, fence
) ON transfers_payoutbatch TO countersign_worker;
GRANT UPDATE (ended_at, gas_amount, hurried_at, recalled_at) ON transfers_walletreservation TO countersign_web, countersign_worker;
GRANT UPDATE (outcome, response, summary, answered_at) ON transfers_providercall TO countersign_worker;
GRANT UPDATE (status, broadcast_at, block_number, block_hash, confirmations, gas_cost, watch_at) ON transfers_chaintransaction TO countersign_worker;
GRANT UPDATE (name) ON transfers_wallet TO countersign_web, countersign_worker;
GRANT UPDATE (response_status, response_body, transfer_id, completed_at) ON transfers_idempotencykey TO countersign_web;
GRANT UPDATE (status, detail, transfer_id, deliveries, processed_at) ON transfers_inboundwebhook TO countersign_web, countersign_worker;
GRANT INSERT, UPDATE ON transfers_heartbeat TO countersign_web, countersign_worker, countersign_sealer;
GRANT SELECT ON transfers_heartbeat TO countersign_sealer;
-- Signs of life of processes that are long gone are forgotten; they are no evidence of anything.
GRANT DELETE ON transfers_heartbeat TO countersign_worker;

-- The request budgets of API keys: unlogged, worth nothing after a crash.
GRANT SELECT, INSERT, UPDATE ON transfers_api_rate TO countersign_web;

-- Whom we ask for prices, what rates we hold them against, and what they said.
GRANT SELECT ON
    transfers_provider, transfers_providerterms, transfers_ratesource, transfers_ratesheet, transfers_quoteround, transfers_quoteanswer,
    transfers_historicalprovider, transfers_historicalproviderterms, transfers_historicalratesource
TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_quoteround, transfers_quoteanswer TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_ratesheet TO countersign_worker;

-- What clients are told: the database itself fills the outbox. Web makes and changes addresses and starts deliveries over; the worker
-- dispatches, delivers and notes how it went.
GRANT SELECT ON
    transfers_outboxevent, transfers_webhookendpoint, transfers_webhooksecret, transfers_webhookdelivery, transfers_webhookattempt
TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_webhookendpoint, transfers_webhooksecret TO countersign_web;
GRANT UPDATE (events, status, disabled_by, disabled_at, deleted_at, failing_since, failures, paused_until, succeeded_at)
    ON transfers_webhookendpoint TO countersign_web, countersign_worker;
GRANT UPDATE (expires_at) ON transfers_webhooksecret TO countersign_web;
GRANT UPDATE (body, dispatched_at) ON transfers_outboxevent TO countersign_worker;
GRANT INSERT ON transfers_webhookdelivery, transfers_webhookattempt TO countersign_worker;
GRANT UPDATE (state, attempts, tries, next_try_at, lease_until, fence, delivered_at, last_status, last_error)
    ON transfers_webhookdelivery TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION audit_new_id() TO countersign_worker;
-- What desks by phone said: stored by the last vote, read by whoever prices and locks.
GRANT SELECT ON transfers_manualentry TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_manualentry TO countersign_web;

-- How providers do: counted and decided by whoever calls them. Old counts are forgotten, decisions are not.
GRANT SELECT, INSERT, UPDATE ON transfers_providerstate, transfers_provider_window TO countersign_web, countersign_worker;
GRANT SELECT, INSERT, UPDATE ON transfers_api_rate TO countersign_worker;
GRANT DELETE ON transfers_provider_window TO countersign_worker;


-- What arrives becomes a transfer by the worker that saw it; web opens addresses, and allocates what was set aside.
GRANT INSERT ON transfers_transfer TO countersign_worker;
GRANT INSERT ON transfers_leg, transfers_externalreference TO countersign_web;
GRANT INSERT ON transfers_depositaddress TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_arrival, transfers_scanmark TO countersign_worker;
GRANT UPDATE (status, transfer_id, block_number, block_hash, credits, reason, version) ON transfers_arrival
    TO countersign_web, countersign_worker;
GRANT UPDATE (block, scanned_at) ON transfers_scanmark TO countersign_worker;
-- Within our own books: terms and promotions are read everywhere, a price's split is stored with its quote, cashback is paid by the driver.
GRANT SELECT ON transfers_conversionterms, transfers_conversionsplit, transfers_promotion, transfers_cashback
TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_conversionsplit TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_cashback TO countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_record_moves(jsonb, jsonb[]) TO countersign_web, countersign_worker;
-- What the house wants to keep where: set by the last vote on a request, in the process that serves it.
GRANT SELECT ON transfers_liquiditylevel, transfers_historicalliquiditylevel TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_liquiditylevel, transfers_historicalliquiditylevel TO countersign_web;
GRANT UPDATE (asset_id, funding, minimum, target, maximum) ON transfers_liquiditylevel TO countersign_web;
-- Versions of what else is configured: left by whoever saves the row.
GRANT SELECT ON transfers_historicalwebhookendpoint, transfers_historicalbankaccount, transfers_historicalwallet,
    transfers_historicalpromotion TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_historicalwebhookendpoint TO countersign_web, countersign_worker;
-- A bank's calendar likewise.
GRANT INSERT ON transfers_bankcalendar, transfers_historicalbankcalendar TO countersign_web;

-- Cards: the worker books batches and disputes; web orders.
GRANT SELECT ON transfers_cardbatch, transfers_carddispute TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_cardbatch, transfers_carddispute TO countersign_worker;
GRANT UPDATE (status, version) ON transfers_cardbatch, transfers_carddispute TO countersign_worker;
-- Receipts: the worker holds the key and makes them, web hands them out.
GRANT SELECT ON transfers_receiptorder, transfers_receipt TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_receiptorder, transfers_receipt TO countersign_worker;
GRANT UPDATE (done_at, tries, next_try_at, last_error) ON transfers_receiptorder TO countersign_worker;

-- Files of many orders: web takes them, decides and stops them; the worker carries out their parts.
GRANT SELECT ON transfers_bulkupload, transfers_bulkorder, transfers_bulkpart TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_bulkupload, transfers_bulkorder, transfers_bulkpart TO countersign_web;
GRANT UPDATE (status, version, updated_at, closing_reason) ON transfers_bulkorder TO countersign_web, countersign_worker;
GRANT UPDATE (status, due_at, attempts, last_error, ended_at) ON transfers_bulkpart TO countersign_web, countersign_worker;
-- A row lock needs the update of a column; the guard refuses the update itself.
GRANT UPDATE (file_name) ON transfers_bulkupload TO countersign_web;
GRANT INSERT ON transfers_transfer TO countersign_worker;
-- A move of our own money is made by the last vote, like an order.
GRANT SELECT ON transfers_treasurymove TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_treasurymove TO countersign_web;
-- A sweep begins by itself or because somebody asks, and ends with whatever ends its transfer. The row lock of an address needs the update
-- of a column; the guard refuses the update itself.
GRANT SELECT, INSERT ON transfers_depositsweep TO countersign_web, countersign_worker;
GRANT UPDATE (ended_at) ON transfers_depositsweep TO countersign_web, countersign_worker;
GRANT UPDATE (value) ON transfers_depositaddress TO countersign_web, countersign_worker;
GRANT SELECT ON transfers_settledholding TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_settle_holdings() TO countersign_worker;
GRANT SELECT ON transfers_transitioncount, transfers_transitionmark TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_count_transitions() TO countersign_worker;

-- The API's create: web takes orders; what the house itself orders may come from a worker.
REVOKE EXECUTE ON FUNCTION transfers_create(jsonb),
    transfers_admit(text, bytea, timestamptz, double precision, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transfers_create(jsonb) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION transfers_admit(text, bytea, timestamptz, double precision, double precision) TO countersign_web;
-- Money that goes back: people state where it belongs and decide, in the process that serves them.
GRANT SELECT ON transfers_sendback, transfers_statedaddress TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_sendback, transfers_statedaddress TO countersign_web;
-- A refund of a card deposit is made by the last vote, like an order.
GRANT SELECT ON transfers_cardrefund TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_cardrefund TO countersign_web;
-- Health checks are started and judged by the worker; web shows how they stand.
GRANT SELECT ON transfers_syntheticrun TO countersign_web, countersign_worker;
GRANT INSERT, UPDATE (transfer_id, result, detail, ended_at) ON transfers_syntheticrun TO countersign_worker;

-- What goes over the wire to providers: whoever speaks to them puts it on record, and counts it when it is said again.
GRANT SELECT, INSERT, UPDATE (times, last_at) ON transfers_providerexchange TO countersign_web, countersign_worker;

-- Recalls of payouts: the last vote orders one, the worker asks the bank.
GRANT SELECT ON transfers_payoutrecall TO countersign_web, countersign_worker;
GRANT INSERT ON transfers_payoutrecall TO countersign_web;
GRANT UPDATE (status, version, answer, due_at, attempts, last_error) ON transfers_payoutrecall TO countersign_worker;
