DROP TRIGGER transfers_payoutbatch_check ON transfers_payoutbatch;
DROP TRIGGER transfers_payoutbatch_keep ON transfers_payoutbatch;
DROP TRIGGER refuse_change ON transfers_payoutbatch;
DROP TRIGGER refuse_truncate ON transfers_payoutbatch;
DROP FUNCTION transfers_check_batch();
