SELECT transfers_let_change('transfers_leg', 'batch_id');

-- What was handed over stays what it was: of a batch that has left, only what the bank says about it is added.
CREATE FUNCTION transfers_check_batch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status NOT IN ('open', 'full')
       AND (NEW.content, NEW.count, NEW.total, NEW.sent_at) IS DISTINCT FROM (OLD.content, OLD.count, OLD.total, OLD.sent_at) THEN
        RAISE EXCEPTION 'the content of batch % is fixed', OLD.message_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_payout_batch_content_is_fixed';
    END IF;
    IF OLD.status IN ('answered', 'empty') AND NEW.status <> OLD.status
       OR OLD.status = 'sent' AND NEW.status NOT IN ('sent', 'answered')
       OR OLD.status = 'full' AND NEW.status = 'open' THEN
        RAISE EXCEPTION 'batch % does not go from % to %', OLD.message_id, OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_payout_batch_goes_forward';
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'fence of batch % goes back', OLD.message_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_payout_batch_fence_only_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_payoutbatch_check BEFORE UPDATE ON transfers_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION transfers_check_batch();
CREATE TRIGGER transfers_payoutbatch_keep BEFORE UPDATE ON transfers_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_payout_batch_names_never_change',
        'status', 'closes_at', 'sent_at', 'content', 'count', 'total', 'answer', 'verdicts', 'answered_at', 'lease_until', 'fence');
SELECT audit_guard_table('transfers_payoutbatch', true);
ALTER TABLE transfers_payoutbatch ENABLE ALWAYS TRIGGER transfers_payoutbatch_check;
ALTER TABLE transfers_payoutbatch ENABLE ALWAYS TRIGGER transfers_payoutbatch_keep;
