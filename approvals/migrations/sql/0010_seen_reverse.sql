DROP FUNCTION approvals_order_facts(text, text);
DROP FUNCTION approvals_facts_seen(text, text);
ALTER FUNCTION approvals_halt_on(jsonb) RESET enable_seqscan;
ALTER FUNCTION approvals_count_limits(jsonb) RESET enable_seqscan;

-- As they were in 0007 and 0003.
-- What an order is judged by, read at one moment: the client, its destination of that fingerprint, the active policy set, and which
-- versions of the policy's rules and of the corridors are in force, so that a process that knows them need not read them again.
CREATE FUNCTION approvals_order_facts(
    client text, wanted text,
    OUT client_name text, OUT client_status text, OUT destination_id uuid, OUT destination_kind text, OUT destination_details jsonb,
    OUT destination_status text, OUT cooling_off_until timestamptz, OUT policy_version integer, OUT policy_digest bytea, OUT rules_seen text, OUT corridors_seen text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT name, status INTO client_name, client_status FROM approvals_client WHERE id = client;
    SELECT id, kind, details, status, destination.cooling_off_until
      INTO destination_id, destination_kind, destination_details, destination_status, cooling_off_until
      FROM approvals_destination AS destination WHERE client_id = client AND fingerprint = wanted;
    SELECT version, digest INTO policy_version, policy_digest FROM approvals_policyset WHERE status = 'active';
    -- Whatever changes a row moves it and stamps it: these name the rows without reading them out.
    SELECT string_agg(xmin::text || ctid::text, ',' ORDER BY id) INTO rules_seen FROM approvals_policyrule WHERE set_id = policy_version;
    SELECT string_agg(xmin::text || ctid::text, ',' ORDER BY id) INTO corridors_seen FROM approvals_corridor;
END
$$;
REVOKE EXECUTE ON FUNCTION approvals_order_facts(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION approvals_pass_halt_gate() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('approvals_halt_gate', 0));
    PERFORM FROM approvals_haltgate WHERE id = 1 FOR SHARE;
    IF NOT FOUND THEN
        PERFORM approvals_refuse('the halt gate is missing: nothing may move', 'approvals_halt_gate_present');
    END IF;
END
$$;
