-- Guards: the history of a table can be added to, never rewritten. Every floor puts them on its own tables with audit_guard_table().

CREATE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its history: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '55000', HINT = 'Correct it by adding a new row through the command of its floor.';
END
$$;

-- Refuses DELETE and TRUNCATE on `target` and on each of its partitions, and UPDATE as well unless `keep_updates`
-- (for tables whose own trigger says which updates are legal). Repeating it adds what is missing.
-- ENABLE ALWAYS: the guards also hold under session_replication_role = replica.
CREATE FUNCTION audit_guard_table(target regclass, keep_updates boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    relation regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_change') THEN
        EXECUTE format('CREATE TRIGGER refuse_change BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()',
                       CASE WHEN keep_updates THEN 'DELETE' ELSE 'UPDATE OR DELETE' END, target);
    END IF;
    FOR relation IN SELECT target UNION SELECT relid FROM pg_partition_tree(target) LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = 'refuse_truncate') THEN
            EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s '
                           'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', relation);
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_change', relation);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_truncate', relation);
    END LOOP;
END
$$;

-- What audit_guard_table() would have to put back: one row per relation and missing, weakened or disabled guard.
CREATE FUNCTION audit_missing_guards(target regclass, keep_updates boolean DEFAULT false)
RETURNS TABLE (relation text, guard text)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    -- pg_trigger.tgtype is a bit set: 1 row, 2 before, 8 delete, 16 update, 32 truncate.
    WITH wanted (guard, bits) AS (
        VALUES ('refuse_change', CASE WHEN keep_updates THEN 1 + 2 + 8 ELSE 1 + 2 + 8 + 16 END),
               ('refuse_truncate', 2 + 32)
    ), relations AS (
        SELECT target AS relid UNION SELECT tree.relid FROM pg_partition_tree(target) AS tree
    )
    SELECT relations.relid::text, wanted.guard
      FROM relations CROSS JOIN wanted
     WHERE NOT EXISTS (
           SELECT FROM pg_trigger AS found
            WHERE found.tgrelid = relations.relid
              AND found.tgfoid = 'audit_refuse_change'::regproc
              AND found.tgtype & wanted.bits = wanted.bits
              AND found.tgenabled = 'A' AND found.tgqual IS NULL AND cardinality(found.tgattr::int2[]) = 0)
     ORDER BY 1, 2
$$;
