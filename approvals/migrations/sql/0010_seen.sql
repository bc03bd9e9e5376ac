-- Facts that are remembered, and plans that are made for full tables: what a table looked like when it was empty must not decide how it is
-- read when it is full (enable_seqscan).

-- Names the very rows that an order is judged by, without reading them out: whatever changes a row moves it and stamps it. Equal text, equal
-- facts: the client, its destination of that fingerprint, the active policy set with its rules, and the corridors.
CREATE FUNCTION approvals_facts_seen(client text, wanted text) RETURNS text
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

DROP FUNCTION approvals_order_facts(text, text);
-- What an order is judged by, read at one moment, with the name of the rows (see approvals_facts_seen).
CREATE FUNCTION approvals_order_facts(
    client text, wanted text,
    OUT client_name text, OUT client_status text, OUT destination_id uuid, OUT destination_kind text, OUT destination_details jsonb,
    OUT destination_status text, OUT cooling_off_until timestamptz, OUT policy_version integer, OUT policy_digest bytea, OUT seen text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
BEGIN
    SELECT name, status INTO client_name, client_status FROM approvals_client WHERE id = client;
    SELECT id, kind, details, status, destination.cooling_off_until
      INTO destination_id, destination_kind, destination_details, destination_status, cooling_off_until
      FROM approvals_destination AS destination WHERE client_id = client AND fingerprint = wanted;
    SELECT version, digest INTO policy_version, policy_digest FROM approvals_policyset WHERE status = 'active';
    seen := approvals_facts_seen(client, wanted);
END
$$;
REVOKE EXECUTE ON FUNCTION approvals_facts_seen(text, text), approvals_order_facts(text, text) FROM PUBLIC;

ALTER FUNCTION approvals_halt_on(jsonb) SET enable_seqscan = off;
ALTER FUNCTION approvals_count_limits(jsonb) SET enable_seqscan = off;

-- The gate is the advisory lock: whoever passes has it shared, whoever places a halt has it alone. Locking the row as well, which placing a
-- halt goes on doing, kept no step out that the advisory lock lets in, and wrote to the one row that every step of the house meets on.
CREATE OR REPLACE FUNCTION approvals_pass_halt_gate() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('approvals_halt_gate', 0));
    IF NOT EXISTS (SELECT FROM approvals_haltgate WHERE id = 1) THEN
        PERFORM approvals_refuse('the halt gate is missing: nothing may move', 'approvals_halt_gate_present');
    END IF;
END
$$;
