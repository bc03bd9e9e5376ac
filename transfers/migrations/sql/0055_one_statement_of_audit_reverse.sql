CREATE OR REPLACE FUNCTION transfers_create(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    context jsonb := request->'context';
    claim jsonb := nullif(request->'key', 'null');
    judged jsonb := nullif(request->'seen', 'null');
    ordered transfers_transfer := jsonb_populate_record(NULL::transfers_transfer, request->'transfer');
    decided approvals_policydecision := jsonb_populate_record(NULL::approvals_policydecision, request->'decision');
    door jsonb := nullif(request->'door', 'null');
    admitted record;
    halt uuid;
    counted jsonb;
BEGIN
    IF claim IS NOT NULL THEN
        -- Two keys whose hashes collide merely answer "in progress" while the other runs.
        IF NOT pg_try_advisory_xact_lock(hashtextextended(claim->>'lock', 0)) THEN
            RETURN '{"status": "in_progress"}';
        ELSIF EXISTS (SELECT FROM transfers_idempotencykey WHERE client_id = claim->>'client_id' AND key = claim->>'key') THEN
            RETURN '{"status": "known"}';
        END IF;
    END IF;
    halt := approvals_halt_on(request->'halts');
    IF halt IS NOT NULL THEN
        RETURN jsonb_build_object('status', 'halted', 'halt', halt);
    END IF;
    IF judged->>'rows' <> approvals_facts_seen(judged->>'client', judged->>'fingerprint') THEN
        RETURN '{"status": "stale"}';
    END IF;
    counted := approvals_count_limits(request->'limits');
    IF counted ? 'refused' OR counted ? 'repeated' THEN
        RETURN counted || '{"status": "limited"}';
    END IF;
    IF claim IS NOT NULL THEN
        INSERT INTO transfers_idempotencykey (id, client_id, key, endpoint, request_hash, response_status, response_body, transfer_id,
                                              created_at, completed_at)
        VALUES ((claim->>'id')::uuid, claim->>'client_id', claim->>'key', claim->>'endpoint', decode(claim->>'request_hash', 'hex'),
                (claim->>'response_status')::smallint, claim->'response_body', ordered.id, ordered.created_at, ordered.created_at);
    END IF;
    INSERT INTO approvals_policydecision VALUES (decided.*);
    INSERT INTO transfers_transfer VALUES (ordered.*);
    PERFORM transfers_record_event(context || (request->'event'));
    PERFORM audit_record_all(context, CASE
        WHEN counted ? 'event' THEN ARRAY[request->'decided', counted->'event', request->'created']
        ELSE ARRAY[request->'decided', request->'created'] END);
    -- Last, so that others wait for the balance alone.
    PERFORM ledger_apply_holds(jsonb_build_object(
        'transaction_id', ordered.id, 'holds', jsonb_build_array(request->'hold'), 'context', context));
    -- At the very end: whatever else this key does meets on the row of its rate.
    IF door IS NOT NULL THEN
        SELECT * INTO admitted FROM transfers_admit(
            door->>'prefix', decode(door->>'hash', 'hex'), (door->>'now')::timestamptz, (door->>'interval_s')::double precision,
            (door->>'tolerance_s')::double precision);
        IF admitted.counted IS NOT TRUE OR admitted.key_id <> (door->>'key_id')::uuid OR admitted.client <> ordered.client_id
           OR NOT admitted.key_scopes ? (door->>'scope') THEN
            RAISE EXCEPTION 'this key may not order this, or has no rate left' USING ERRCODE = 'TR001';
        END IF;
    END IF;
    RETURN '{"status": "made"}';
END
$$;
