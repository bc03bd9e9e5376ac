-- Columns that are not named in the trigger's arguments never change. New columns are covered from the day they are added.
CREATE FUNCTION transfers_keep_columns() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before jsonb := to_jsonb(OLD) - TG_ARGV[1:];
    after jsonb := to_jsonb(NEW) - TG_ARGV[1:];
BEGIN
    IF before IS DISTINCT FROM after THEN
        RAISE EXCEPTION 'column % of % never changes',
            (SELECT string_agg(key, ', ') FROM jsonb_each(before) WHERE value IS DISTINCT FROM after -> key), TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NEW;
END $$;

-- A transfer starts as CREATED, moves only along its machine's rows, one version at a time, and never changes its order.
CREATE FUNCTION transfers_check_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'CREATED' OR NEW.version <> 1 THEN
            RAISE EXCEPTION 'transfer % starts as % version %, not as CREATED version 1', NEW.id, NEW.status, NEW.version
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_starts_as_created';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM public.transfers_machinerow WHERE route = NEW.route AND version = NEW.machine_version) THEN
            RAISE EXCEPTION 'no machine for route % version %', NEW.route, NEW.machine_version
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_has_a_machine';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'fence of transfer % goes back from % to %', OLD.id, OLD.fence, NEW.fence
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_fence_only_grows';
    END IF;
    IF OLD.status NOT IN ('CREATED', 'QUOTED')
       AND (NEW.fee_amount, NEW.target_amount, NEW.quote_id, NEW.hold_reference)
           IS DISTINCT FROM (OLD.fee_amount, OLD.target_amount, OLD.quote_id, OLD.hold_reference) THEN
        RAISE EXCEPTION 'the price of transfer % is fixed since its funds are locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_price_fixed_once_locked';
    END IF;
    IF NEW.version = OLD.version THEN
        IF NEW.status <> OLD.status THEN
            RAISE EXCEPTION 'transfer % changes status from % to % without a new version', OLD.id, OLD.status, NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_status_moves_with_version';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'transfer % jumps from version % to %: somebody else moved it', OLD.id, OLD.version, NEW.version
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_version_counts_by_one';
    END IF;
    IF NEW.status <> OLD.status AND NOT EXISTS (
        SELECT 1 FROM public.transfers_machinerow
        WHERE route = OLD.route AND version = OLD.machine_version AND source = OLD.status AND target = NEW.status
    ) THEN
        RAISE EXCEPTION 'machine % version % has no row from % to %', OLD.route, OLD.machine_version, OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_moves_along_its_machine';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_transfer_check BEFORE INSERT OR UPDATE ON transfers_transfer
    FOR EACH ROW EXECUTE FUNCTION transfers_check_transfer();
CREATE TRIGGER transfers_transfer_keep BEFORE UPDATE ON transfers_transfer
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_transfer_order_never_changes',
        'status', 'version', 'request_state', 'money_state', 'evidence_state', 'target_amount', 'fee_amount', 'quote_id', 'hold_reference',
        'failure_code', 'failure_message', 'status_text', 'updated_at', 'state_entered_at', 'due_at', 'lease_owner', 'lease_until', 'fence',
        'attempts', 'last_error', 'stopped_by');

-- At commit, every version that was reached has the event that tells it.
CREATE FUNCTION transfers_demand_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    came_from text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM public.transfers_event
        WHERE transfer_id = NEW.id AND seq = NEW.version AND from_status = came_from AND to_status = NEW.status
          AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'transfer % reached version % (% to %) without its event', NEW.id, NEW.version, came_from, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_move_has_its_event';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transfers_transfer_event AFTER INSERT OR UPDATE ON transfers_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION transfers_demand_event();

-- What a leg says of its request only grows in knowledge: a committed intent is the point of no return.
CREATE FUNCTION transfers_check_leg() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.request_state <> OLD.request_state
       AND (NEW.request_state = 'received' OR OLD.request_state = 'responded') THEN
        RAISE EXCEPTION 'the request of leg % cannot go from % to %', OLD.reference, OLD.request_state, NEW.request_state
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_leg_intent_is_final';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_leg_check BEFORE UPDATE ON transfers_leg FOR EACH ROW EXECUTE FUNCTION transfers_check_leg();

-- An answer once stored is not rewritten; an open question may be answered.
CREATE FUNCTION transfers_check_call() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.outcome IN ('answered', 'refused') AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'the answer to call % is already on record', OLD.key
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_provider_call_answered_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_providercall_check BEFORE UPDATE ON transfers_providercall FOR EACH ROW EXECUTE FUNCTION transfers_check_call();

-- Who took the key keeps it; the transfer it led to is set once.
CREATE FUNCTION transfers_check_key() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.transfer_id IS NOT NULL AND NEW.transfer_id IS DISTINCT FROM OLD.transfer_id THEN
        RAISE EXCEPTION 'key % already led to transfer %', OLD.key, OLD.transfer_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_idempotency_key_leads_to_one_transfer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_idempotencykey_check BEFORE UPDATE ON transfers_idempotencykey FOR EACH ROW EXECUTE FUNCTION transfers_check_key();
