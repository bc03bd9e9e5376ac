ALTER FUNCTION transfers_admit(text, bytea, timestamptz, double precision, double precision) RESET enable_seqscan;
ALTER FUNCTION transfers_check_event() RESET enable_seqscan;
ALTER FUNCTION transfers_demand_event() RESET enable_seqscan;

-- As it was in 0038; CREATE OR REPLACE drops the settings that are not named.
-- Accepts an order: a statement of its own is a transaction of its own. `request` has
--   context    the envelope, as of all audit events;
--   key        the idempotency key that the caller wants to take with the answer that will be given under it, or null;
--   halts, limits          what the order touches, and what is counted against its limits;
--   decision, transfer, event, hold    the rows; decided and created, the audit events of the first two.
-- Returns {"status": ...}: `made`; `in_progress` while another request has the key; `known` where the key was taken before; `halted` with
-- the halt's id; `limited` with the limit that is exceeded. Nothing is written unless it is `made`. What the ledger refuses is raised, as it
-- raises it, and undoes the whole.
CREATE OR REPLACE FUNCTION transfers_create(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    context jsonb := request->'context';
    claim jsonb := nullif(request->'key', 'null');
    ordered transfers_transfer := jsonb_populate_record(NULL::transfers_transfer, request->'transfer');
    decided approvals_policydecision := jsonb_populate_record(NULL::approvals_policydecision, request->'decision');
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
    RETURN '{"status": "made"}';
END
$$;
