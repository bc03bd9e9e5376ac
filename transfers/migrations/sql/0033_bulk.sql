-- A file's order goes its way one version at a time, and a part ends once.
CREATE FUNCTION transfers_check_bulk_order() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.version = OLD.version AND NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 OR (OLD.status, NEW.status) NOT IN (
        ('awaiting_approval', 'in_progress'), ('awaiting_approval', 'rejected'), ('awaiting_approval', 'cancelled'),
        ('awaiting_approval', 'expired'), ('in_progress', 'completed'), ('in_progress', 'cancelled'), ('in_progress', 'expired')) THEN
        RAISE EXCEPTION 'bulk order % cannot go from % version % to % version %', OLD.reference, OLD.status, OLD.version, NEW.status,
            NEW.version USING ERRCODE = '23514', CONSTRAINT = 'transfers_bulk_order_goes_its_way';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_bulkorder_check BEFORE UPDATE ON transfers_bulkorder
    FOR EACH ROW EXECUTE FUNCTION transfers_check_bulk_order();
CREATE TRIGGER transfers_bulkorder_keep BEFORE UPDATE ON transfers_bulkorder
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_bulk_order_never_changes', 'status', 'version', 'updated_at', 'closing_reason');

CREATE FUNCTION transfers_check_bulk_part() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status <> 'waiting' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'part % has ended as %', OLD.hold_reference, OLD.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_bulk_part_ended_for_good';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_bulkpart_check BEFORE UPDATE ON transfers_bulkpart
    FOR EACH ROW EXECUTE FUNCTION transfers_check_bulk_part();
CREATE TRIGGER transfers_bulkpart_keep BEFORE UPDATE ON transfers_bulkpart
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_bulk_part_lines_never_change', 'status', 'due_at', 'attempts', 'last_error', 'ended_at');

SELECT audit_guard_table('transfers_bulkupload');
SELECT audit_guard_table('transfers_bulkorder', true);
SELECT audit_guard_table('transfers_bulkpart', true);
ALTER TABLE transfers_bulkorder ENABLE ALWAYS TRIGGER transfers_bulkorder_check;
ALTER TABLE transfers_bulkorder ENABLE ALWAYS TRIGGER transfers_bulkorder_keep;
ALTER TABLE transfers_bulkpart ENABLE ALWAYS TRIGGER transfers_bulkpart_check;
ALTER TABLE transfers_bulkpart ENABLE ALWAYS TRIGGER transfers_bulkpart_keep;
