"""What makes a table what it is, beside its triggers, as one text per aspect: columns, constraints and unique indexes, rules and
policies, owner and grants. Partitions come and go: they are reported together, and all of them must say the same.
"""

# Relations of ours with the name under which they are reported; a partition's own name is written *.
_OURS = """
SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
       CASE WHEN c.relispartition THEN 'partitions of ' || pg_partition_root(c.oid)::regclass ELSE c.oid::regclass::text END
       AS name,
       CASE WHEN c.relispartition THEN c.relname END AS own
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND (n.nspname = 'public' OR c.relispartition)
   AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'archive'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_ASPECTS = """
SELECT 'columns' AS aspect, ours.name, format('%s %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE (d.adrelid, d.adnum) = (a.attrelid, a.attnum))) AS said
  FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid WHERE a.attnum > 0 AND NOT a.attisdropped AND ours.relkind <> 'S'
 UNION ALL
SELECT 'columns', name, format('%s %s', relkind, relpersistence) FROM ours
 UNION ALL
SELECT 'constraints', ours.name, CASE WHEN ours.own IS NULL THEN c.conname || ' ' ELSE '' END
       || pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ' not validated' END
  FROM ours JOIN pg_constraint c ON c.conrelid = ours.oid WHERE c.contype <> 'n'
 UNION ALL
SELECT 'constraints', ours.name, replace(pg_get_indexdef(i.indexrelid), coalesce(ours.own, ''), '*') || ' ' || i.indisvalid
  FROM ours JOIN pg_index i ON i.indrelid = ours.oid WHERE i.indisunique AND ours.own IS NULL
 UNION ALL
SELECT 'rules and policies', ours.name, pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text
  FROM ours JOIN pg_rewrite r ON r.ev_class = ours.oid
 UNION ALL
SELECT 'rules and policies', ours.name, format(
       '%s %s %s %s %s %s', p.polname, p.polcmd, p.polpermissive,
       (SELECT array_agg(pg_get_userbyid(role) ORDER BY 1) FROM unnest(p.polroles) AS role),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM ours JOIN pg_policy p ON p.polrelid = ours.oid
 UNION ALL
SELECT 'rules and policies', name, format('row security %s %s', relrowsecurity, relforcerowsecurity) FROM ours
 UNION ALL
SELECT 'grants', name, format('owner %s', pg_get_userbyid(relowner)) FROM ours
 UNION ALL
SELECT 'grants', ours.name, item::text FROM ours CROSS JOIN LATERAL unnest(ours.relacl) AS item
 UNION ALL
SELECT 'grants', ours.name, a.attname || ' ' || item::text
  FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid CROSS JOIN LATERAL unnest(a.attacl) AS item
"""
# What does not belong to a table.
_BESIDE = """
SELECT 'event trigger ' || evtname AS name, format('%s %s %s', evtevent, evtfoid::regproc, evtenabled) AS said FROM pg_event_trigger
 UNION ALL
SELECT 'grants on schema public', coalesce(nspacl::text, 'default') FROM pg_namespace WHERE nspname = 'public'
 UNION ALL
SELECT 'role ' || role.rolname, format('%s %s %s %s', role.rolsuper, role.rolbypassrls, role.rolcreaterole,
       (SELECT array_agg(pg_get_userbyid(m.roleid) ORDER BY 1) FROM pg_auth_members m WHERE m.member = role.oid))
  FROM pg_roles AS role WHERE role.rolname LIKE 'countersign\\_%'
"""
# Reported by aspect and relation, and by its own name what stands beside them.
SHAPE = f"""
WITH ours AS MATERIALIZED ({_OURS})
SELECT aspect || ' of ' || name AS name,
       encode(sha256(convert_to(string_agg(DISTINCT said, E'\\n' ORDER BY said), 'UTF8')), 'hex')
  FROM ({_ASPECTS}) AS facts GROUP BY aspect, name
 UNION ALL
SELECT name, encode(sha256(convert_to(said, 'UTF8')), 'hex') FROM ({_BESIDE}) AS beside
"""  # noqa: S608 - put together from the constants above
