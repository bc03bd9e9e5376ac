-- Every row that is written, with the transaction that wrote it. `depth` is 1 for what a statement wrote, more for what triggers added.
CREATE UNLOGGED TABLE bench_write (
    seq bigserial PRIMARY KEY, txid bigint NOT NULL, written_at timestamptz NOT NULL DEFAULT clock_timestamp(), depth integer NOT NULL,
    op text NOT NULL, relation regclass NOT NULL, before jsonb, after jsonb);

CREATE FUNCTION bench_watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO bench_write (txid, depth, op, relation, before, after) VALUES (
        pg_current_xact_id()::text::bigint, pg_trigger_depth(), TG_OP, coalesce(pg_partition_root(TG_RELID), TG_RELID),
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;

DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT oid FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'bench_write'
    LOOP
        EXECUTE format('CREATE TRIGGER zz_bench_watch AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION bench_watch()',
                       relation);
    END LOOP;
END $$;
