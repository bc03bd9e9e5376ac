-- What audit_archive says of months decides what proofs look at, so it is held against the trail and the catalogue itself. A month is archived
-- when it is over: the row that says up to where nothing is attached is therefore told by an event that is attached, whatever else is away.
CREATE FUNCTION audit_archive_contradictions() RETURNS TABLE (subject text, message text)
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
REVOKE EXECUTE ON FUNCTION audit_archive_contradictions() FROM PUBLIC;
