CREATE OR REPLACE FUNCTION ledger_ensure_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made integer := audit_ensure_partitions('ledger_entry');
    relation regclass;
BEGIN
    FOR relation IN SELECT relid FROM pg_partition_tree('ledger_entry') LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'check_new_entries') THEN
            EXECUTE format('CREATE TRIGGER check_new_entries AFTER INSERT ON %s REFERENCING NEW TABLE AS added '
                           'FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_new_entries()', relation);
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER check_new_entries', relation);
    END LOOP;
    RETURN made;
END
$$;
