-- The client API's create in two round trips of its own: who calls, and then everything that accepting an order writes.

-- The key of that prefix with its client's status and the people who hold it, and one request counted against its rate. Counted is only what
-- may come in as far as the database can tell: a wrong secret spends nobody's rate, and where a key is bound to networks the caller checks
-- them and counts by itself (`counted` is NULL then, false when there was nothing left).
CREATE FUNCTION transfers_admit(
    wanted text, hashed bytea, business_now timestamptz, interval_s double precision, tolerance_s double precision,
    OUT key_id uuid, OUT client text, OUT client_status text, OUT stored_hash bytea, OUT key_scopes jsonb, OUT networks jsonb,
    OUT used_at timestamptz, OUT expires timestamptz, OUT revoked timestamptz, OUT held_by uuid[], OUT counted boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT key.id, key.client_id, owner.status, key.secret_hash, key.scopes, key.allowed_networks, key.last_used_at, key.expires_at,
           key.revoked_at
      INTO key_id, client, client_status, stored_hash, key_scopes, networks, used_at, expires, revoked
      FROM approvals_apikey AS key JOIN approvals_client AS owner ON owner.id = key.client_id WHERE key.prefix = wanted;
    held_by := ARRAY(SELECT person_id FROM approvals_apikey_controllers WHERE apikey_id = key_id ORDER BY person_id);
    IF stored_hash = hashed AND client_status = 'active' AND networks = '[]' AND revoked IS NULL
       AND (expires IS NULL OR expires > business_now) THEN
        INSERT INTO transfers_api_rate AS rate VALUES (key_id, clock_timestamp() + interval_s * interval '1 second')
        ON CONFLICT ON CONSTRAINT transfers_api_rate_pkey DO UPDATE
           SET drained_at = greatest(rate.drained_at, clock_timestamp()) + interval_s * interval '1 second'
         WHERE rate.drained_at <= clock_timestamp() + tolerance_s * interval '1 second';
        counted := FOUND;
    END IF;
END
$$;

-- Accepts an order: a statement of its own is a transaction of its own. `request` has
--   context    the envelope, as of all audit events;
--   key        the idempotency key that the caller wants to take with the answer that will be given under it, or null;
--   halts, limits          what the order touches, and what is counted against its limits;
--   decision, transfer, event, hold    the rows; decided and created, the audit events of the first two.
-- Returns {"status": ...}: `made`; `in_progress` while another request has the key; `known` where the key was taken before; `halted` with
-- the halt's id; `limited` with the limit that is exceeded. Nothing is written unless it is `made`. What the ledger refuses is raised, as it
-- raises it, and undoes the whole.
CREATE FUNCTION transfers_create(request jsonb) RETURNS jsonb
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
REVOKE EXECUTE ON FUNCTION transfers_create(jsonb),
    transfers_admit(text, bytea, timestamptz, double precision, double precision) FROM PUBLIC;

-- Events are looked for in the months in which they can be, not in all that are prepared: none is recorded in the future (a
-- day is left for a clock that was set back), and that of a move is recorded in its own database transaction. What is refused stays the same.
CREATE OR REPLACE FUNCTION transfers_check_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    moved record;
    horizon timestamptz := clock_timestamp() + interval '1 day';
BEGIN
    SELECT version, status INTO moved FROM public.transfers_transfer WHERE id = NEW.transfer_id FOR UPDATE;
    IF moved IS NULL OR moved.version <> NEW.seq OR moved.status <> NEW.to_status THEN
        RAISE EXCEPTION 'event % (%) of transfer % is not the move that its row stands at', NEW.seq, NEW.to_status, NEW.transfer_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_event_tells_this_move';
    END IF;
    IF NEW.txid <> pg_current_xact_id()::text::bigint OR NEW.recorded_at NOT BETWEEN transaction_timestamp() AND clock_timestamp() THEN
        RAISE EXCEPTION 'event % of transfer % is stamped with another transaction or time', NEW.seq, NEW.transfer_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_event_stamped_by_database';
    END IF;
    IF EXISTS (SELECT 1 FROM public.transfers_event WHERE transfer_id = NEW.transfer_id AND seq = NEW.seq AND recorded_at < horizon) THEN
        RAISE EXCEPTION 'transfer % already has its event %', NEW.transfer_id, NEW.seq
            USING ERRCODE = '23505', CONSTRAINT = 'transfers_event_once_per_version';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION transfers_demand_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    came_from text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
    began timestamptz := transaction_timestamp();
    horizon timestamptz := clock_timestamp() + interval '1 day';
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM public.transfers_event
        WHERE transfer_id = NEW.id AND seq = NEW.version AND from_status = came_from AND to_status = NEW.status
          AND recorded_at >= began AND recorded_at < horizon AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'transfer % reached version % (% to %) without its event', NEW.id, NEW.version, came_from, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_move_has_its_event';
    END IF;
    RETURN NULL;
END $$;
