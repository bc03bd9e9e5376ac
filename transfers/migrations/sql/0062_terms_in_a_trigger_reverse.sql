DROP TRIGGER transfers_transfer_terms ON transfers_transfer;
DROP FUNCTION transfers_check_terms();
