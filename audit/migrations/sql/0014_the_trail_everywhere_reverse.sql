-- Refused while a month of the trail is away: nothing may get lost on the way back.
DO $$ BEGIN IF EXISTS (SELECT FROM archive.audit_event) THEN RAISE EXCEPTION 'months of the trail are away'; END IF; END $$;
CREATE OR REPLACE FUNCTION audit_archive_contradictions() RETURNS TABLE (subject text, message text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_month_partition(coalesce(kept.source, told.facts->>'source'), coalesce(kept.month, told.month)),
           CASE WHEN told.facts IS NULL THEN format('it is called %s, and the audit trail does not tell', kept.action)
                WHEN kept.id IS NULL THEN format('the audit trail tells that it was %s, and the archive does not', told.facts->>'action')
                WHEN kept.times <> told.times
                THEN format('it was %s %s times, the audit trail tells %s', kept.action, kept.times, told.times) END
      FROM (SELECT min(id::text) AS id, count(*) AS times, source, month, action, rows, sha256, file, done_by,
                   min(done_at) >= coalesce(audit_archived_until('audit_event'), '-infinity') AS is_told FROM audit_archive
             GROUP BY source, month, action, rows, sha256, file, done_by) AS kept
      FULL JOIN (SELECT metadata AS facts, count(*) AS times,
                        CASE WHEN metadata->>'month' ~ '^\d{4}-(0[1-9]|1[0-2])-01$' THEN (metadata->>'month')::date END AS month
                   FROM audit_event
                  WHERE type IN ('audit.partition_archived', 'audit.partition_dropped', 'audit.partition_attached')
                  GROUP BY metadata) AS told
        ON told.facts = jsonb_build_object('source', kept.source, 'month', kept.month, 'action', kept.action, 'rows', kept.rows,
                                           'sha256', encode(kept.sha256, 'hex'), 'file', kept.file, 'by', kept.done_by)
     WHERE kept.id IS NULL OR (kept.is_told AND kept.times IS DISTINCT FROM told.times)
    UNION ALL
    SELECT audit_month_partition(source, month), format('it was %s on %s, before it was over', action, done_at)
      FROM audit_archive WHERE done_at < (month + interval '1 month') AT TIME ZONE 'UTC'
    UNION ALL
    SELECT audit_month_partition(away.source, away.month), format('it is called %s, and is attached', away.action)
      FROM audit_archived_month AS away
      JOIN pg_class AS child ON child.relname = audit_month_partition(away.source, away.month)
      JOIN pg_inherits AS tree ON tree.inhrelid = child.oid AND tree.inhparent = to_regclass(away.source)
     WHERE away.action <> 'attached'
$$;
CREATE OR REPLACE FUNCTION audit_attach_month(parent text, month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
    trigger record;
BEGIN
    EXECUTE format('ALTER TABLE archive.%I SET SCHEMA public', name);
    -- What it carries under the name of a row trigger of its parent would stand in the way of the parent's own. tgtype 1: for each row.
    FOR trigger IN SELECT own.tgname FROM pg_trigger own JOIN pg_trigger above ON above.tgname = own.tgname
                    WHERE own.tgrelid = name::regclass AND above.tgrelid = parent::regclass AND above.tgtype & 1 = 1
                      AND NOT own.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON public.%I', trigger.tgname, name);
    END LOOP;
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, name,
                   to_char(month, 'YYYY-MM-DD"T00:00:00+00"'), to_char(month + interval '1 month', 'YYYY-MM-DD"T00:00:00+00"'));
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT rows_are_of_this_month', name);
    PERFORM audit_guard_table(parent::regclass);
    FOR trigger IN SELECT own.tgname FROM pg_trigger own JOIN pg_trigger above ON above.oid = own.tgparentid
                    WHERE own.tgrelid = name::regclass AND above.tgenabled = 'A' AND own.tgenabled <> 'A' LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER %I', name, trigger.tgname);
    END LOOP;
END
$$;
CREATE OR REPLACE FUNCTION audit_detach_month(parent text, month date) RETURNS regclass
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
BEGIN
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', parent, name);
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA archive', name);
    PERFORM audit_guard_table(format('archive.%I', name)::regclass);
    RETURN format('archive.%I', name)::regclass;
END
$$;
DROP FUNCTION audit_kept_contradictions();
DROP FUNCTION audit_drop_month(text, date, text[]);
DROP FUNCTION audit_dropped_until();
DROP VIEW audit_trail;
DROP TABLE archive.audit_event;
