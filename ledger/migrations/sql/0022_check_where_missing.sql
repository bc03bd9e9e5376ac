-- As for the guards of the trail: a trigger that is in its place is left alone, since changing it keeps every posting waiting, and this
-- is asked every minute. Statement triggers are not inherited: an INSERT straight into a partition would pass without its own.
CREATE OR REPLACE FUNCTION ledger_ensure_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made integer := audit_ensure_partitions('ledger_entry');
    relation regclass;
BEGIN
    FOR relation IN SELECT relid FROM pg_partition_tree('ledger_entry') ORDER BY level, relid LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'check_new_entries') THEN
            EXECUTE format('CREATE TRIGGER check_new_entries AFTER INSERT ON %s REFERENCING NEW TABLE AS added '
                           'FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_new_entries()', relation);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'check_new_entries' AND tgenabled = 'A') THEN
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER check_new_entries', relation);
        END IF;
    END LOOP;
    RETURN made;
END
$$;
