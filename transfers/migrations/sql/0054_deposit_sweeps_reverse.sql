DROP TRIGGER transfers_depositsweep_keep ON transfers_depositsweep;
DROP TRIGGER transfers_depositsweep_check ON transfers_depositsweep;
DROP FUNCTION transfers_check_sweep();
DROP TRIGGER refuse_change ON transfers_depositsweep;
DROP TRIGGER refuse_truncate ON transfers_depositsweep;
