DROP FUNCTION transfers_settle_holdings();
DROP TRIGGER transfers_depositsweep_check ON transfers_depositsweep;
CREATE TRIGGER transfers_depositsweep_check BEFORE INSERT OR UPDATE ON transfers_depositsweep
    FOR EACH ROW EXECUTE FUNCTION transfers_check_sweep();
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_check;
DROP TRIGGER transfers_depositsweep_keep ON transfers_depositsweep;
CREATE TRIGGER transfers_depositsweep_keep BEFORE UPDATE ON transfers_depositsweep
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_sweep_never_changes', 'ended_at');
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_keep;
DROP TRIGGER transfers_arrival_settled ON transfers_arrival;
DROP FUNCTION transfers_keep_settled();
DROP TRIGGER transfers_arrival_keep ON transfers_arrival;
CREATE TRIGGER transfers_arrival_keep BEFORE UPDATE ON transfers_arrival FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
    'transfers_arrival_sight_never_changes', 'status', 'transfer_id', 'block_number', 'block_hash', 'credits', 'reason', 'version');
ALTER TABLE transfers_arrival ENABLE ALWAYS TRIGGER transfers_arrival_keep;
