-- An item starts unmatched, never becomes so again, stays matched once it is, and says "matched" or "break" only beside the row that it
-- means.
CREATE FUNCTION reconciliation_check_end() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'unmatched' THEN
            RAISE EXCEPTION 'item % starts as %, not as unmatched', NEW.id, NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'reconciliation_item_starts_unmatched';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF NEW.status = 'unmatched' OR OLD.status = 'matched' OR NEW.status NOT IN ('matched', 'break', 'ignored') THEN
        RAISE EXCEPTION 'item % does not go from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'reconciliation_item_end_is_final';
    END IF;
    IF NEW.status = 'matched' AND NOT EXISTS (SELECT 1 FROM public.reconciliation_match WHERE item_id = NEW.id) THEN
        RAISE EXCEPTION 'item % is matched with nothing', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'reconciliation_item_matched_has_a_match';
    END IF;
    IF NEW.status = 'break' AND NOT EXISTS (SELECT 1 FROM public.reconciliation_break WHERE item_id = NEW.id) THEN
        RAISE EXCEPTION 'no break is about item %', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'reconciliation_item_break_has_a_break';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reconciliation_externalitem_end BEFORE INSERT OR UPDATE ON reconciliation_externalitem
    FOR EACH ROW EXECUTE FUNCTION reconciliation_check_end();
ALTER TABLE reconciliation_externalitem ENABLE ALWAYS TRIGGER reconciliation_externalitem_end;
