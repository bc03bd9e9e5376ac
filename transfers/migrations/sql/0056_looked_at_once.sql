-- What is never deleted and keeps its key is looked for when a row that names it is written, and not locked until the commit: foreign keys
-- made everybody who orders lock the one asset, and each order lock rows of its own that nobody else knows yet.

CREATE FUNCTION transfers_check_names() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT (EXISTS (SELECT FROM public.ledger_asset WHERE id = NEW.source_asset_id)
            AND EXISTS (SELECT FROM public.ledger_asset WHERE id = NEW.target_asset_id)
            AND (NEW.policy_decision_id IS NULL
                 OR EXISTS (SELECT FROM public.approvals_policydecision WHERE id = NEW.policy_decision_id))) THEN
        RAISE EXCEPTION 'transfer % names an asset or a decision that does not exist', NEW.id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'transfers_transfer_names_what_is';
    END IF;
    RETURN NEW;
END $$;
-- None of the three ever changes afterwards: transfers_transfer_keep.
CREATE TRIGGER transfers_transfer_names BEFORE INSERT ON transfers_transfer FOR EACH ROW EXECUTE FUNCTION transfers_check_names();
ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER transfers_transfer_names;

-- transfers_event_check finds the transfer of an event, or refuses; a transfer is never deleted.
ALTER TABLE transfers_event DROP CONSTRAINT transfers_event_of_a_transfer;
