-- As it was.
CREATE OR REPLACE FUNCTION transfers_demand_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
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
CREATE OR REPLACE FUNCTION transfers_check_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
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
