-- What a step asks of the control plane, each in one round trip. Plans are made once and for look-ups (plan_cache_mode).

-- Passes the gate, then names the widest halt in force that covers what the step touches: `targets` are names by scope.
CREATE FUNCTION approvals_halt_on(targets jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM approvals_pass_halt_gate();
    -- A statement of its own sees the halt that the gate waited for.
    RETURN (SELECT id FROM approvals_halt
             WHERE lifted_at IS NULL AND (scope = 'system' OR targets->scope ? target)
             ORDER BY array_position(ARRAY['system', 'client', 'corridor', 'asset', 'provider', 'account', 'destination'], scope), placed_at
             LIMIT 1);
END
$$;

-- The words in which refusals and pages name a limit: those of approvals.queries.limits.title_of.
CREATE FUNCTION approvals_limit_title(asset text, time_window text, corridor text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT asset || CASE time_window WHEN 'transaction' THEN ' per transaction' ELSE ' per UTC day' END
           || CASE corridor WHEN '' THEN '' ELSE ', corridor ' || corridor END
$$;

-- Counts `amount` against every limit that covers the movement, or against none. `request` has client_id, corridor_id, asset_id, amount,
-- largest (what limits per transaction look at), subject_id and window_start. NULL when nothing was left to count, else one of
--   {"refused": {limit, used, capacity, requested}}: nothing was counted;
--   {"repeated": true}: the subject was counted before, with another amount or with its share given back;
--   {"event": {...}}: counted; the audit event that the caller records.
-- Buckets are locked in the order of their ids, so that two subjects never wait for each other in a circle.
CREATE FUNCTION approvals_count_limits(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    wanted numeric := (request->>'amount')::numeric;
    single numeric := coalesce((request->>'largest')::numeric, wanted);
    client text := request->>'client_id';
    subject text := request->>'subject_id';
    day timestamptz := (request->>'window_start')::timestamptz;
    daily uuid[];
    titles jsonb;
    buckets uuid[];
    spent numeric[];
    limits uuid[];
    refusal jsonb;
    differs boolean;
    is_again boolean := false;
BEGIN
    SELECT array_agg(id ORDER BY id) FILTER (WHERE "window" <> 'transaction'),
           to_jsonb(array_agg(title ORDER BY id) FILTER (WHERE "window" <> 'transaction')),
           (array_agg(jsonb_build_object('limit', title, 'used', '0', 'capacity', amount::text, 'requested', single::text) ORDER BY id)
               FILTER (WHERE "window" = 'transaction' AND single > amount))[1]
      INTO daily, titles, refusal
      FROM (SELECT *, approvals_limit_title(asset_id, "window", corridor_id) AS title FROM approvals_limit
             WHERE active AND asset_id = request->>'asset_id' AND client_id IN ('', client)
               AND corridor_id IN ('', request->>'corridor_id')) AS covering;
    IF refusal IS NOT NULL THEN
        RETURN jsonb_build_object('refused', refusal);
    ELSIF daily IS NULL THEN
        RETURN NULL;
    END IF;
    LOOP
        SELECT coalesce(array_agg(id), '{}'), array_agg(used), array_agg(limit_id) INTO buckets, spent, limits
          FROM (SELECT id, used, limit_id FROM approvals_limitbucket
                 WHERE limit_id = ANY (daily) AND client_id = client AND window_start = day
                 ORDER BY id FOR UPDATE) AS locked;
        -- Asked under the locks: an answer from before them may be older than a twin that has just committed.
        SELECT bool_or(amount <> wanted OR given_back_at IS NOT NULL) INTO differs
          FROM approvals_limituse AS use
         WHERE subject_id = subject AND EXISTS (SELECT FROM approvals_limitbucket WHERE id = use.bucket_id AND limit_id = ANY (daily));
        IF differs IS NOT NULL THEN
            RETURN CASE WHEN differs THEN '{"repeated": true}'::jsonb END;
        END IF;
        SELECT jsonb_build_object('limit', approvals_limit_title(covering.asset_id, covering."window", covering.corridor_id),
                                  'used', coalesce(used, 0)::text, 'capacity', amount::text, 'requested', wanted::text)
          INTO refusal
          FROM approvals_limit AS covering LEFT JOIN unnest(limits, spent) AS own (limit_id, used) ON own.limit_id = covering.id
         WHERE covering.id = ANY (daily) AND coalesce(used, 0) + wanted > amount ORDER BY covering.id LIMIT 1;
        IF refusal IS NOT NULL THEN
            RETURN jsonb_build_object('refused', refusal);
        END IF;
        EXIT WHEN cardinality(buckets) = cardinality(daily);
        IF is_again THEN
            RAISE EXCEPTION 'a bucket of % is missing', client USING ERRCODE = 'internal_error';
        END IF;
        is_again := true;
        -- The first movement of the day makes them.
        INSERT INTO approvals_limitbucket (id, limit_id, client_id, window_start, used, capacity)
        SELECT audit_new_id(), id, client, day, 0, amount FROM approvals_limit WHERE id = ANY (daily) ORDER BY id
        ON CONFLICT (limit_id, client_id, window_start) DO NOTHING;
    END LOOP;
    UPDATE approvals_limitbucket AS bucket SET used = bucket.used + wanted, capacity = covering.amount
      FROM approvals_limit AS covering WHERE covering.id = bucket.limit_id AND bucket.id = ANY (buckets);
    INSERT INTO approvals_limituse (id, bucket_id, subject_id, amount)
    SELECT audit_new_id(), bucket, subject, wanted FROM unnest(buckets) AS bucket;
    RETURN jsonb_build_object('event', jsonb_build_object(
        'type', 'approvals.limits_consumed', 'resource_type', 'limit_use', 'resource_id', subject, 'metadata',
        coalesce(request->'metadata', '{}')
        || jsonb_build_object('amount', wanted::text, 'asset_id', request->>'asset_id', 'limits', titles)));
END
$$;

-- The same by itself: the audit event is recorded here, with the envelope in `request->'context'`.
CREATE FUNCTION approvals_consume_limits(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    counted jsonb := approvals_count_limits(request);
BEGIN
    IF counted ? 'event' THEN
        PERFORM audit_record((request->'context') || (counted->'event'));
    END IF;
    RETURN counted - 'event';
END
$$;

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
REVOKE EXECUTE ON FUNCTION approvals_halt_on(jsonb), approvals_limit_title(text, text, text), approvals_count_limits(jsonb),
    approvals_consume_limits(jsonb), approvals_order_facts(text, text) FROM PUBLIC;
