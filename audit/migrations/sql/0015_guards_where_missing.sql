-- The guards of a table and of its partitions, put where they are missing or weakened, and nowhere else. Whoever changes a trigger
-- keeps every writer of the table waiting, and this is asked every minute. The table comes before its partitions, as for those who
-- write: in the other order the two would wait for each other.
CREATE OR REPLACE FUNCTION audit_guard_table(target regclass, keep_updates boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    relation regclass;
    guard text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_change') THEN
        EXECUTE format('CREATE TRIGGER refuse_change BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()',
                       CASE WHEN keep_updates THEN 'DELETE' ELSE 'UPDATE OR DELETE' END, target);
    END IF;
    FOR relation IN
        SELECT tree.relid
          FROM (SELECT target AS relid, 0 AS level UNION SELECT relid, level FROM pg_partition_tree(target)) AS tree
         ORDER BY tree.level, tree.relid
    LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'refuse_truncate') THEN
            EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s '
                           'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', relation);
        END IF;
        FOREACH guard IN ARRAY ARRAY['refuse_change', 'refuse_truncate'] LOOP
            -- Also where it is gone: then this says so.
            IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = guard AND tgenabled = 'A') THEN
                EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', relation, guard);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
