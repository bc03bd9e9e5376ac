-- The outbox has a row for each event, put there with it by the trigger that alone may write there, and nobody deletes one. So it says what
-- the events, which are parted by months, were asked for: each question of those locks every month that there is, and the one without
-- a lower bound read the past ones too.
CREATE OR REPLACE FUNCTION transfers_demand_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    came_from text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.transfers_outboxevent
        WHERE transfer_id = NEW.id AND seq = NEW.version AND client_id = NEW.client_id AND from_status = came_from AND to_status = NEW.status
          AND recorded_at >= transaction_timestamp() AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'transfer % reached version % (% to %) without its event', NEW.id, NEW.version, came_from, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_move_has_its_event';
    END IF;
    RETURN NULL;
END $$;

-- As before, but that there is no second event of a version is a constraint of the outbox now, where that event would be told again.
CREATE OR REPLACE FUNCTION transfers_check_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    moved record;
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
    RETURN NEW;
END $$;
