-- What a transfer must have at any time, under the names of the CHECKs that it replaces. PostgreSQL reads the text of every CHECK anew for
-- each statement that writes to a table, and a transfer is written to some twenty times, one statement each; a function is read once per
-- session. As with a CHECK, what is neither true nor false passes: that a column must not be empty is said where it counts.
CREATE FUNCTION transfers_check_terms() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    broken text := CASE
        WHEN NOT (NEW.source_amount > 0 AND NEW.max_fee >= 0 AND NEW.fee_amount >= 0) THEN 'transfers_transfer_amounts_positive'
        WHEN NOT (NEW.fee_amount <= NEW.max_fee) THEN 'transfers_transfer_fee_within_bound'
        WHEN NOT (NEW.max_total_debit = 0 OR NEW.max_total_debit >= NEW.source_amount + NEW.max_fee)
        THEN 'transfers_transfer_debit_bound_covers_fee'
        WHEN NEW.route IN ('on_chain_withdrawal', 'off_ramp')
             AND NOT (NEW.destination_details <> '{}' AND NEW.hold_reference <> '' AND NEW.corridor_id IS NOT NULL
                      AND NEW.max_total_debit > 0 AND NEW.min_target_amount > 0 AND NEW.not_after IS NOT NULL
                      AND NEW.destination_id IS NOT NULL AND NEW.policy_decision_id IS NOT NULL)
        THEN 'transfers_transfer_withdrawal_has_its_terms'
        WHEN NEW.route IN ('conversion', 'internal_transfer')
             AND NOT (NEW.corridor_id IS NOT NULL AND NEW.max_total_debit > 0 AND NEW.min_target_amount > 0
                      AND NEW.not_after IS NOT NULL AND NEW.policy_decision_id IS NOT NULL)
        THEN 'transfers_transfer_order_has_its_terms'
        WHEN NEW.deadline_at IS NULL AND NEW.status NOT IN ('CANCELLED', 'EXPIRED', 'FAILED', 'RECONCILED')
        THEN 'transfers_transfer_open_has_a_deadline'
        WHEN CASE WHEN NEW.route = 'internal_transfer'
                  THEN NEW.receiver_id IS NULL OR NEW.destination_id IS NULL OR NEW.receiver_id = NEW.client_id
                  ELSE NEW.receiver_id IS NOT NULL END
        THEN 'transfers_transfer_internal_has_a_receiver'
    END;
BEGIN
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % violates check "%"', NEW.id, broken
            USING ERRCODE = '23514', TABLE = 'transfers_transfer', CONSTRAINT = broken;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_transfer_terms BEFORE INSERT OR UPDATE ON transfers_transfer
    FOR EACH ROW EXECUTE FUNCTION transfers_check_terms();
ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER transfers_transfer_terms;
