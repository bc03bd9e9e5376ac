-- Months close in their order and reopen in the opposite one, so the closed ones are a row without a gap, and nothing is valued before it
-- either: whatever lies before the latest closed month is closed with it.

CREATE FUNCTION ledger_month_is_closed(the_month date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ledger_period WHERE month >= the_month AND status = 'closed')
$$;

-- Raises when `the_month` is not the one to close next. Before the first is closed nothing may be valued earlier; a posting in flight
-- that would be is waited for, and holds the table until it has ended.
CREATE FUNCTION ledger_check_closing(the_month date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    latest date := (SELECT max(month) FROM ledger_period WHERE status = 'closed');
    first_open date := latest + interval '1 month';
BEGIN
    IF the_month >= ledger_month(clock_timestamp()) THEN
        PERFORM ledger_fail('LG014', format('the month %s is not over yet', to_char(the_month, 'YYYY-MM')),
                            jsonb_build_object('month', the_month));
    END IF;
    IF latest IS NULL THEN
        SELECT ledger_month(min(value_at)) INTO first_open FROM ledger_ledgertransaction
         WHERE value_at < the_month::timestamp AT TIME ZONE 'UTC';
    END IF;
    IF first_open < the_month THEN
        PERFORM ledger_fail('LG018', format('the month %s is open and comes first', to_char(first_open, 'YYYY-MM')),
                            jsonb_build_object('month', the_month, 'first', first_open));
    END IF;
END
$$;

-- What a month holds when it is closed: kept with it, so that its figures can be asked for again without reading the book.
CREATE FUNCTION ledger_month_figures(the_month date) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH posting AS (
        SELECT id, booked_at FROM ledger_ledgertransaction
         WHERE value_at >= the_month::timestamp AT TIME ZONE 'UTC'
           AND value_at < (the_month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
    ), moved AS (
        SELECT entry.asset_id, sum(entry.debit) AS debits
          FROM posting JOIN ledger_entry AS entry ON entry.transaction_id = posting.id AND entry.booked_at = posting.booked_at
         GROUP BY entry.asset_id
    )
    SELECT jsonb_build_object('postings', (SELECT count(*) FROM posting),
                              'debits', (SELECT coalesce(jsonb_object_agg(asset_id, debits::text), '{}') FROM moved))
$$;

-- {month, status, by, reason, record, context} -> true when the status changed.
CREATE OR REPLACE FUNCTION ledger_set_period(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    the_month date := ledger_month((request->>'month')::timestamp AT TIME ZONE 'UTC');
    closing boolean := request->>'status' = 'closed';
    kept jsonb := coalesce(request->'record', '{}');
BEGIN
    -- Closings and reopenings come one after the other.
    PERFORM pg_advisory_xact_lock(hashtext('ledger_set_period'), 0);
    IF ledger_month_is_closed(the_month) = closing THEN
        RETURN false;
    END IF;
    IF closing THEN
        IF NOT EXISTS (SELECT FROM ledger_period WHERE status = 'closed') THEN
            -- Nothing locks the months before it: wait for every posting in flight, whatever its month, before taking the month alone.
            LOCK TABLE ledger_ledgertransaction IN SHARE MODE;
        END IF;
        PERFORM ledger_lock_month(the_month, alone => true);
        kept := kept || ledger_month_figures(the_month);
    END IF;
    INSERT INTO ledger_period AS period (month, status, closed_at, closed_by, reason, record)
    VALUES (the_month, request->>'status', clock_timestamp(), request->>'by', request->>'reason', kept)
    ON CONFLICT (month) DO UPDATE SET status = EXCLUDED.status, reason = EXCLUDED.reason, record = EXCLUDED.record,
        closed_at = CASE WHEN closing THEN EXCLUDED.closed_at END, closed_by = CASE WHEN closing THEN EXCLUDED.closed_by ELSE '' END;
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', CASE WHEN closing THEN 'ledger.period_closed' ELSE 'ledger.period_reopened' END,
        'resource_type', 'period', 'resource_id', to_char(the_month, 'YYYY-MM'), 'reason', request->>'reason', 'metadata', kept,
        'diff', CASE WHEN closing THEN '{"status": ["open", "closed"]}'::jsonb ELSE '{"status": ["closed", "open"]}' END));
    RETURN true;
END
$$;

-- The order of months binds whoever types SQL too, and a row says only what closing or reopening made of it.
CREATE FUNCTION ledger_keep_period() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    later date := (SELECT max(month) FROM ledger_period WHERE status = 'closed' AND month > NEW.month);
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.month <> OLD.month OR NEW.status = OLD.status) THEN
        RAISE EXCEPTION 'a month only ever closes or reopens (%)', OLD.month USING ERRCODE = '55000';
    ELSIF NEW.month <> date_trunc('month', NEW.month)::date THEN
        RAISE EXCEPTION 'a month is named by its first day, not %', NEW.month USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_period_is_a_month';
    ELSIF later IS NOT NULL THEN
        PERFORM ledger_fail('LG019', format('the month %s is not the latest closed one', to_char(NEW.month, 'YYYY-MM')),
                            jsonb_build_object('month', NEW.month, 'latest', later));
    ELSIF NEW.status = 'closed' THEN
        PERFORM ledger_check_closing(NEW.month);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_period BEFORE INSERT OR UPDATE ON ledger_period FOR EACH ROW EXECUTE FUNCTION ledger_keep_period();
ALTER TABLE ledger_period ENABLE ALWAYS TRIGGER keep_period;
REVOKE EXECUTE ON FUNCTION ledger_month_figures(date), ledger_check_closing(date) FROM PUBLIC;
