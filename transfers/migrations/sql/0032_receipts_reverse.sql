DROP TRIGGER transfers_receiptorder_check ON transfers_receiptorder;
DROP TRIGGER transfers_receiptorder_keep ON transfers_receiptorder;
DROP TRIGGER transfers_receipt_check ON transfers_receipt;
DROP FUNCTION transfers_check_receipt_order();
DROP FUNCTION transfers_check_receipt();
