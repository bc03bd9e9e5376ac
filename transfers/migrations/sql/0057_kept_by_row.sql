-- What never changes of a transfer, held against the row itself: the columns that may change are set back, and nothing else may differ.
-- New columns are covered from the day they are added. Turning both rows into JSON took as long as writing them; now that is done only to
-- say which column it was.
CREATE FUNCTION transfers_keep_order() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept public.transfers_transfer := NEW;
BEGIN
    kept.status := OLD.status;
    kept.version := OLD.version;
    kept.request_state := OLD.request_state;
    kept.money_state := OLD.money_state;
    kept.evidence_state := OLD.evidence_state;
    kept.target_amount := OLD.target_amount;
    kept.fee_amount := OLD.fee_amount;
    kept.quote_id := OLD.quote_id;
    kept.hold_reference := OLD.hold_reference;
    kept.failure_code := OLD.failure_code;
    kept.failure_message := OLD.failure_message;
    kept.status_text := OLD.status_text;
    kept.updated_at := OLD.updated_at;
    kept.state_entered_at := OLD.state_entered_at;
    kept.due_at := OLD.due_at;
    kept.lease_owner := OLD.lease_owner;
    kept.lease_until := OLD.lease_until;
    kept.fence := OLD.fence;
    kept.attempts := OLD.attempts;
    kept.last_error := OLD.last_error;
    kept.stopped_by := OLD.stopped_by;
    kept.deadline_at := OLD.deadline_at;
    kept.min_target_amount := OLD.min_target_amount;
    kept.approval_request_id := OLD.approval_request_id;
    IF kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'column % of % never changes',
            (SELECT string_agg(key, ', ') FROM jsonb_each(to_jsonb(OLD)) WHERE value IS DISTINCT FROM to_jsonb(kept) -> key), TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_order_never_changes';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER transfers_transfer_keep ON transfers_transfer;
CREATE TRIGGER transfers_transfer_keep BEFORE UPDATE ON transfers_transfer FOR EACH ROW EXECUTE FUNCTION transfers_keep_order();
ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER transfers_transfer_keep;
