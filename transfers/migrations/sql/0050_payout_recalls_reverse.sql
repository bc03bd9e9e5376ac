DROP TRIGGER transfers_payoutrecall_keep ON transfers_payoutrecall;
DROP TRIGGER transfers_payoutrecall_check ON transfers_payoutrecall;
DROP FUNCTION transfers_check_payout_recall();
DROP TRIGGER refuse_change ON transfers_payoutrecall;
DROP TRIGGER refuse_truncate ON transfers_payoutrecall;
