-- A recall goes its way one version at a time, and what was asked for never changes.
CREATE FUNCTION transfers_check_payout_recall() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.version = OLD.version AND NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 OR (OLD.status, NEW.status) NOT IN (
        ('ordered', 'asked'), ('ordered', 'accepted'), ('ordered', 'refused'), ('asked', 'accepted'), ('asked', 'refused'),
        ('asked', 'unanswered'), ('ordered', 'unanswered')) THEN
        RAISE EXCEPTION 'recall % cannot go from % version % to % version %', OLD.reference, OLD.status, OLD.version, NEW.status,
            NEW.version USING ERRCODE = '23514', CONSTRAINT = 'transfers_payout_recall_goes_its_way';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_payoutrecall_check BEFORE UPDATE ON transfers_payoutrecall
    FOR EACH ROW EXECUTE FUNCTION transfers_check_payout_recall();
CREATE TRIGGER transfers_payoutrecall_keep BEFORE UPDATE ON transfers_payoutrecall
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_payout_recall_never_changes', 'status', 'version', 'answer', 'due_at', 'attempts', 'last_error');
SELECT audit_guard_table('transfers_payoutrecall', true);
ALTER TABLE transfers_payoutrecall ENABLE ALWAYS TRIGGER transfers_payoutrecall_check;
ALTER TABLE transfers_payoutrecall ENABLE ALWAYS TRIGGER transfers_payoutrecall_keep;
