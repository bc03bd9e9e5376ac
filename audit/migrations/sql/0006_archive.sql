-- Months that leave their table and may come back: detached whole, written to a file with its hash, kept in a schema of their own that no
-- role may even look into. Run by the owner; nothing here deletes a row.

CREATE SCHEMA IF NOT EXISTS archive;

-- What was done with each month, in order; the latest row of a month says how it stands.
CREATE TABLE audit_archive (
    id uuid PRIMARY KEY DEFAULT audit_new_id(),
    source text NOT NULL,
    month date NOT NULL CONSTRAINT audit_archive_month_is_its_first_day CHECK (month = date_trunc('month', month)::date),
    action text NOT NULL CONSTRAINT audit_archive_action_is_known CHECK (action IN ('archived', 'dropped', 'attached')),
    rows bigint NOT NULL CONSTRAINT audit_archive_rows_not_negative CHECK (rows >= 0),
    sha256 bytea NOT NULL CONSTRAINT audit_archive_has_a_sha256 CHECK (length(sha256) = 32),
    file text NOT NULL,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_by text NOT NULL CONSTRAINT audit_archive_was_done_by_somebody CHECK (done_by <> '')
);
CREATE INDEX audit_archive_by_month ON audit_archive (source, month, done_at);
SELECT audit_guard_table('audit_archive');

-- How each month that was ever archived stands now.
CREATE VIEW audit_archived_month AS
SELECT DISTINCT ON (source, month) source, month, action, rows, sha256, file, done_at, done_by
  FROM audit_archive ORDER BY source, month, done_at DESC, id DESC;

-- Rows of `source` from before this moment are not attached; null when all are. Months leave in order and come back in the opposite one.
CREATE FUNCTION audit_archived_until(source_table text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT (max(month) + interval '1 month') AT TIME ZONE 'UTC' FROM audit_archived_month
     WHERE source = source_table AND action <> 'attached'
$$;

CREATE FUNCTION audit_month_partition(parent text, month date) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT parent || to_char(month, '"_y"YYYY"m"MM') $$;

-- Takes the partition of `month` out of `parent` and into schema archive. The guard that it had as a partition goes with its parent, so it
-- gets one of its own in the same transaction.
CREATE FUNCTION audit_detach_month(parent text, month date) RETURNS regclass
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

-- An empty table in schema archive for rows that come back from a file.
CREATE FUNCTION audit_prepare_month(parent text, month date) RETURNS regclass
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
BEGIN
    EXECUTE format('CREATE TABLE archive.%I (LIKE public.%I INCLUDING ALL)', name, parent);
    PERFORM audit_guard_table(format('archive.%I', name)::regclass);
    RETURN format('archive.%I', name)::regclass;
END
$$;

-- Says of a table in schema archive, and checks, that all its rows are of `month`: then attaching it need not look at them again, while
-- it keeps everybody waiting.
CREATE FUNCTION audit_check_month(parent text, month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := audit_month_partition(parent, month);
    key text := (SELECT a.attname FROM pg_partitioned_table p
                   JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] WHERE p.partrelid = parent::regclass);
BEGIN
    EXECUTE format('ALTER TABLE archive.%I DROP CONSTRAINT IF EXISTS rows_are_of_this_month', name);
    EXECUTE format('ALTER TABLE archive.%I ADD CONSTRAINT rows_are_of_this_month CHECK (%I IS NOT NULL AND %I >= %L AND %I < %L)',
                   name, key, key, to_char(month, 'YYYY-MM-DD"T00:00:00+00"'),
                   key, to_char(month + interval '1 month', 'YYYY-MM-DD"T00:00:00+00"'));
END
$$;

-- Puts the table of `month` back under `parent`, with every trigger of its parent, always enabled where the parent's is.
CREATE FUNCTION audit_attach_month(parent text, month date) RETURNS void
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

-- Keeps what was done with a month, with its event. Takes the row as JSON: {source, month, action, rows, sha256, file, by, reason, context}.
CREATE FUNCTION audit_note_archive(request jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_archive (source, month, action, rows, sha256, file, done_by)
    VALUES (request->>'source', (request->>'month')::date, request->>'action', (request->>'rows')::bigint,
            decode(request->>'sha256', 'hex'), request->>'file', request->>'by');
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', 'audit.partition_' || (request->>'action'), 'resource_type', 'partition',
        'resource_id', audit_month_partition(request->>'source', (request->>'month')::date), 'reason', request->>'reason',
        'metadata', request - 'context' - 'reason'));
END
$$;
REVOKE EXECUTE ON FUNCTION audit_archived_until(text), audit_month_partition(text, date), audit_detach_month(text, date),
    audit_prepare_month(text, date), audit_check_month(text, date), audit_attach_month(text, date), audit_note_archive(jsonb) FROM PUBLIC;
