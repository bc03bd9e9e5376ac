-- Rows outlive the months of the trail that tell of them. What is archived is therefore read together with what is attached, and a month
-- that is dropped leaves the events behind that vouch for rows which are still there, to the byte, so that each still agrees with its leaf.

-- Every month in schema archive inherits from this table, which has no row of its own.
CREATE TABLE archive.audit_event (LIKE public.audit_event);
ALTER TABLE archive.audit_event ADD CONSTRAINT audit_event_archive_is_its_months CHECK (false) NO INHERIT;
SELECT audit_guard_table('archive.audit_event');
CREATE VIEW audit_trail AS TABLE public.audit_event UNION ALL TABLE archive.audit_event;

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT audit_month_partition(source, month) FROM audit_archived_month WHERE source = 'audit_event' AND action = 'archived' LOOP
        EXECUTE format('ALTER TABLE archive.%I INHERIT archive.audit_event', name);
    END LOOP;
END
$$;

-- Rows of the trail from before this moment are dropped, all but those that were kept; null when none are. Months are dropped in order.
CREATE FUNCTION audit_dropped_until() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' FROM audit_archived_month
     WHERE source = 'audit_event' AND action = 'dropped'
$$;

-- As before; a month of the trail stays in sight of proofs.
CREATE OR REPLACE FUNCTION audit_detach_month(parent text, month date) RETURNS regclass
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
BEGIN
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', parent, name);
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA archive', name);
    PERFORM audit_guard_table(format('archive.%I', name)::regclass);
    IF to_regclass(format('archive.%I', parent)) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE archive.%I INHERIT archive.%I', name, parent);
    END IF;
    RETURN format('archive.%I', name)::regclass;
END
$$;

-- Gives up the rows of a month in schema archive. Of the trail it keeps what happened, but for the types `given_up`; returns how many
-- rows that are, and null for a table of which nothing is kept.
CREATE FUNCTION audit_drop_month(parent text, month date, given_up text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
    kept bigint;
BEGIN
    IF to_regclass(format('archive.%I', parent)) IS NOT NULL THEN
        EXECUTE format('CREATE TABLE archive.%I (LIKE archive.%I INCLUDING ALL)', name || '_kept', name);
        EXECUTE format('INSERT INTO archive.%I SELECT * FROM archive.%I WHERE outcome = ''succeeded'' AND type <> ALL ($1)',
                       name || '_kept', name) USING given_up;
        GET DIAGNOSTICS kept = ROW_COUNT;
        PERFORM audit_guard_table(format('archive.%I', name || '_kept')::regclass);
        EXECUTE format('ALTER TABLE archive.%I INHERIT archive.%I', name || '_kept', parent);
    END IF;
    EXECUTE format('DROP TABLE archive.%I', name);
    RETURN kept;
END
$$;

-- As before; what was kept of the month comes back with it.
CREATE OR REPLACE FUNCTION audit_attach_month(parent text, month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
    trigger record;
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = format('archive.%I', name)::regclass) THEN
        EXECUTE format('ALTER TABLE archive.%I NO INHERIT archive.%I', name, parent);
    END IF;
    IF to_regclass(format('archive.%I', name || '_kept')) IS NOT NULL THEN
        EXECUTE format('DROP TABLE archive.%I', name || '_kept');
    END IF;
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

-- What audit_archive says of months decides what proofs look at, so it is held against the trail and the catalogue itself.
CREATE OR REPLACE FUNCTION audit_archive_contradictions() RETURNS TABLE (subject text, message text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_month_partition(coalesce(kept.source, told.facts->>'source'), coalesce(kept.month, told.month)),
           CASE WHEN told.facts IS NULL THEN format('it is called %s, and the audit trail does not tell', kept.action)
                WHEN kept.id IS NULL THEN format('the audit trail tells that it was %s, and the archive does not', told.facts->>'action')
                WHEN kept.times <> told.times
                THEN format('it was %s %s times, the audit trail tells %s', kept.action, kept.times, told.times) END
      FROM (SELECT min(id::text) AS id, count(*) AS times, source, month, action, rows, sha256, file, done_by FROM audit_archive
             GROUP BY source, month, action, rows, sha256, file, done_by) AS kept
      FULL JOIN (SELECT metadata - ARRAY['kept', 'vouched'] AS facts, count(*) AS times,
                        min(CASE WHEN metadata->>'month' ~ '^\d{4}-(0[1-9]|1[0-2])-01$' THEN (metadata->>'month')::date END) AS month
                   FROM audit_trail
                  WHERE type IN ('audit.partition_archived', 'audit.partition_dropped', 'audit.partition_attached')
                  GROUP BY 1) AS told
        ON told.facts = jsonb_build_object('source', kept.source, 'month', kept.month, 'action', kept.action, 'rows', kept.rows,
                                           'sha256', encode(kept.sha256, 'hex'), 'file', kept.file, 'by', kept.done_by)
     WHERE kept.id IS NULL OR kept.times IS DISTINCT FROM told.times
    UNION ALL
    SELECT audit_month_partition(source, month), format('it was %s on %s, before it was over', action, done_at)
      FROM audit_archive WHERE done_at < (month + interval '1 month') AT TIME ZONE 'UTC'
    UNION ALL
    SELECT audit_month_partition(away.source, away.month), format('it is called %s, and is attached', away.action)
      FROM audit_archived_month AS away
      JOIN pg_class AS child ON child.relname = audit_month_partition(away.source, away.month)
      JOIN pg_inherits AS tree ON tree.inhrelid = child.oid AND tree.inhparent = to_regclass(away.source)
     WHERE away.action <> 'attached'
    UNION ALL
    SELECT coalesce(wanted.name, there.name), CASE WHEN there.name IS NULL THEN 'what the archive has of the trail there is gone'
                                                   ELSE 'it tells events in the archive, and no month was archived as it' END
      FROM (SELECT 'archive.' || audit_month_partition(source, month) || CASE action WHEN 'dropped' THEN '_kept' ELSE '' END AS name
              FROM audit_archived_month WHERE source = 'audit_event' AND action <> 'attached') AS wanted
      FULL JOIN (SELECT child.relnamespace::regnamespace || '.' || child.relname AS name
                   FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
                  WHERE parent.relnamespace = 'archive'::regnamespace AND child.relkind IN ('r', 'p', 'f')) AS there
        ON there.name = wanted.name
     WHERE wanted.name IS NULL OR there.name IS NULL
$$;

-- Of what was kept when a month was dropped, none may be missing: that each is what it was, its leaf says. Reads whole months.
CREATE FUNCTION audit_kept_contradictions() RETURNS TABLE (subject text, message text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 'archive.' || away.name || '_kept', format('%s events were kept when the month was dropped, and %s are there',
                                                      coalesce(told.kept, 'no'), coalesce(there.rows, 0))
      FROM (SELECT audit_month_partition(source, month) AS name FROM audit_archived_month
             WHERE source = 'audit_event' AND action = 'dropped') AS away
      LEFT JOIN LATERAL (SELECT metadata->>'kept' AS kept FROM audit_trail
                          WHERE type = 'audit.partition_dropped' AND resource_type = 'partition' AND resource_id = away.name
                          ORDER BY recorded_at DESC, id DESC LIMIT 1) AS told ON true
      LEFT JOIN (SELECT tableoid, count(*) AS rows FROM archive.audit_event GROUP BY tableoid) AS there
        ON there.tableoid = to_regclass('archive.' || away.name || '_kept')
     WHERE told.kept IS DISTINCT FROM coalesce(there.rows, 0)::text
$$;
REVOKE EXECUTE ON FUNCTION audit_dropped_until(), audit_drop_month(text, date, text[]), audit_kept_contradictions() FROM PUBLIC;
