-- Everybody who serves requests or works may read the books; they are written through the functions alone.
GRANT SELECT ON ledger_asset, ledger_account, ledger_balance, ledger_account_balance, ledger_ledgertransaction, ledger_entry,
    ledger_hold, ledger_period, ledger_proof_checkpoint, ledger_proof_sum, ledger_proof_run TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_post(jsonb), ledger_post_batch(jsonb), ledger_apply_holds(jsonb), ledger_open_account(jsonb),
    ledger_close_account(jsonb), ledger_set_guarded(jsonb),
    ledger_register_asset(jsonb), ledger_set_period(jsonb) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_month(timestamptz) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_advance_checkpoints(), ledger_ensure_partitions() TO countersign_worker;
-- Everybody who reads the books may prove them; what came of it is kept by the worker's scheduled check.
GRANT EXECUTE ON FUNCTION ledger_entries_after(integer, bigint), ledger_postings_after(integer, bigint), ledger_proved_sums(bigint),
    ledger_proved_digest(bigint), ledger_stranded_entries(), ledger_events_after(integer, bigint), ledger_told_time(text),
    ledger_told_lines(jsonb), ledger_booking_is_told(timestamptz, text, uuid, timestamptz), ledger_hash_is_told(bytea, jsonb, uuid),
    ledger_content(jsonb) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_proof_horizon(), ledger_record_proof(jsonb) TO countersign_worker;
GRANT SELECT ON ledger_carry, ledger_carry_balance TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_carry_forward(jsonb) TO countersign_worker;
GRANT SELECT ON ledger_snapshot TO countersign_web, countersign_worker;
-- Snapshots are taken by the upkeep and by the owner's command; who serves requests only reads them.
GRANT EXECUTE ON FUNCTION ledger_wait_until_closed(timestamptz, interval), ledger_keep_snapshot(jsonb) TO countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_archived_sums(), ledger_carry_contradictions(), ledger_carry_hash(timestamptz, bytea),
    ledger_carry_text(timestamptz), ledger_postings_digests(timestamptz), ledger_time_is_told(timestamptz, text, timestamptz)
    TO countersign_web, countersign_worker;
