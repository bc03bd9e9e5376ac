DROP TRIGGER transfers_bulkpart_keep ON transfers_bulkpart;
DROP TRIGGER transfers_bulkpart_check ON transfers_bulkpart;
DROP TRIGGER transfers_bulkorder_keep ON transfers_bulkorder;
DROP TRIGGER transfers_bulkorder_check ON transfers_bulkorder;
DROP FUNCTION transfers_check_bulk_part();
DROP FUNCTION transfers_check_bulk_order();
