DROP TRIGGER transfers_transfer_bounds ON transfers_transfer;
DROP FUNCTION transfers_check_bounds();
