-- A receipt is signed: it is added, and never changed or taken back. An order is carried out once.
CREATE FUNCTION transfers_check_receipt_order() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.done_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'the receipt after event % is made already', OLD.event_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_receipt_order_done_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_receiptorder_check BEFORE UPDATE ON transfers_receiptorder
    FOR EACH ROW EXECUTE FUNCTION transfers_check_receipt_order();
CREATE TRIGGER transfers_receiptorder_keep BEFORE UPDATE ON transfers_receiptorder
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_receipt_order_never_changes', 'done_at', 'tries', 'next_try_at', 'last_error');

-- A receipt is of the transfer whose event ordered it, and supersedes the one before it and no other.
CREATE FUNCTION transfers_check_receipt() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.transfers_receiptorder WHERE event_id = NEW.order_id AND transfer_id = NEW.transfer_id AND says = NEW.says
    ) THEN
        RAISE EXCEPTION 'nothing that happened to transfer % ordered receipt %', NEW.transfer_id, NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_receipt_is_ordered';
    END IF;
    IF NEW.number > 1 AND NOT EXISTS (
        SELECT 1 FROM public.transfers_receipt
         WHERE id = NEW.supersedes_id AND transfer_id = NEW.transfer_id AND number = NEW.number - 1
    ) THEN
        RAISE EXCEPTION 'receipt % does not supersede the one before it', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_receipt_supersedes_the_last';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_receipt_check BEFORE INSERT ON transfers_receipt FOR EACH ROW EXECUTE FUNCTION transfers_check_receipt();

SELECT audit_guard_table('transfers_receiptorder', true);
SELECT audit_guard_table('transfers_receipt');
ALTER TABLE transfers_receiptorder ENABLE ALWAYS TRIGGER transfers_receiptorder_check;
ALTER TABLE transfers_receiptorder ENABLE ALWAYS TRIGGER transfers_receiptorder_keep;
ALTER TABLE transfers_receipt ENABLE ALWAYS TRIGGER transfers_receipt_check;

-- What settled before there were receipts gets its own as well.
INSERT INTO transfers_receiptorder (event_id, transfer_id, says, ordered_at, tries, next_try_at, last_error)
SELECT DISTINCT ON (event.transfer_id) event.id, event.transfer_id, 'settled', clock_timestamp(), 0, clock_timestamp(), ''
  FROM transfers_outboxevent AS event JOIN transfers_transfer AS transfer ON transfer.id = event.transfer_id
 WHERE event.dispatched_at IS NOT NULL
   AND (transfer.route, event.to_status) IN (('on_chain_withdrawal', 'CONFIRMED'), ('off_ramp', 'FIAT_SETTLED'))
   AND transfer.status IN ('CONFIRMED', 'FIAT_SETTLED', 'RECONCILED')
 ORDER BY event.transfer_id, event.seq DESC;
