DROP TRIGGER check_decision ON approvals_policydecision;
DROP FUNCTION approvals_check_decision();
CREATE OR REPLACE FUNCTION approvals_facts_seen(client text, wanted text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    own text;
    listed text;
    policy text;
    rules text;
    corridors text;
BEGIN
    SELECT xmin::text || ctid::text INTO own FROM approvals_client WHERE id = client;
    SELECT xmin::text || ctid::text INTO listed FROM approvals_destination WHERE client_id = client AND fingerprint = wanted;
    SELECT string_agg(rule.xmin::text || rule.ctid::text, ',' ORDER BY rule.id), min(active.xmin::text || active.ctid::text)
      INTO rules, policy
      FROM approvals_policyset AS active JOIN approvals_policyrule AS rule ON rule.set_id = active.version WHERE active.status = 'active';
    SELECT string_agg(xmin::text || ctid::text, ',' ORDER BY id) INTO corridors FROM approvals_corridor;
    RETURN concat_ws('/', coalesce(own, '-'), coalesce(listed, '-'), coalesce(policy, '-'), coalesce(rules, '-'), coalesce(corridors, '-'));
END
$$;
