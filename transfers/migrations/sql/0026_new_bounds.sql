-- The least amount may change with a new revision of the approval, and only so: together, while nothing is locked, as an event.
SELECT transfers_let_change('transfers_transfer', 'min_target_amount', 'approval_request_id');
CREATE FUNCTION transfers_check_bounds() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status <> 'CREATED' OR NEW.status <> 'CREATED' OR NEW.version <> OLD.version + 1
       OR NEW.approval_request_id IS NULL OR NEW.approval_request_id IS NOT DISTINCT FROM OLD.approval_request_id THEN
        RAISE EXCEPTION 'the terms of transfer % change only with a new request for approval', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_new_terms_need_a_new_request';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_transfer_bounds BEFORE UPDATE ON transfers_transfer FOR EACH ROW
    WHEN ((OLD.min_target_amount, OLD.approval_request_id) IS DISTINCT FROM (NEW.min_target_amount, NEW.approval_request_id))
    EXECUTE FUNCTION transfers_check_bounds();
ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER transfers_transfer_bounds;
