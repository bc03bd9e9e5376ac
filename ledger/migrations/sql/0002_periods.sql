-- Accounting months, in UTC. A month without a row is open.

CREATE FUNCTION ledger_month(moment timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE AS $$ SELECT date_trunc('month', moment AT TIME ZONE 'UTC')::date $$;

-- Postings share this lock, closing takes it alone: a month closes after the last posting in flight and before the next.
CREATE FUNCTION ledger_lock_month(month date, alone boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    class integer := hashtext('ledger_period');
    key integer := month - date '2000-01-01';
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(class, key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(class, key);
    END IF;
END
$$;

CREATE FUNCTION ledger_check_period() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    value_month date := ledger_month(NEW.value_at);
BEGIN
    PERFORM ledger_lock_month(value_month, alone => false);
    IF EXISTS (SELECT FROM ledger_period WHERE month = value_month AND status = 'closed') THEN
        PERFORM ledger_fail('LG005', format('the month %s is closed', to_char(value_month, 'YYYY-MM')),
                            jsonb_build_object('month', value_month));
    END IF;
    RETURN NULL;
END
$$;
-- AFTER, so that repeating a posting of a month closed since is still a no-op.
CREATE TRIGGER check_period AFTER INSERT ON ledger_ledgertransaction FOR EACH ROW EXECUTE FUNCTION ledger_check_period();
ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER check_period;

-- {month, status, by, reason, context} -> true when the status changed.
CREATE FUNCTION ledger_set_period(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    the_month date := ledger_month((request->>'month')::timestamp AT TIME ZONE 'UTC');
    wanted text := request->>'status';
    before text;
BEGIN
    PERFORM ledger_lock_month(the_month, alone => true);
    SELECT status INTO before FROM ledger_period WHERE month = the_month;
    IF coalesce(before, 'open') = wanted THEN
        RETURN false;
    END IF;
    IF wanted = 'closed' AND the_month >= ledger_month(clock_timestamp()) THEN
        PERFORM ledger_fail('LG014', format('the month %s is not over yet', to_char(the_month, 'YYYY-MM')),
                            jsonb_build_object('month', the_month));
    END IF;
    INSERT INTO ledger_period (month, status, closed_at, closed_by, reason)
    VALUES (the_month, wanted, clock_timestamp(), request->>'by', request->>'reason')
    ON CONFLICT (month) DO UPDATE SET status = EXCLUDED.status, reason = EXCLUDED.reason,
        closed_at = CASE WHEN EXCLUDED.status = 'closed' THEN EXCLUDED.closed_at END,
        closed_by = CASE WHEN EXCLUDED.status = 'closed' THEN EXCLUDED.closed_by ELSE '' END;
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', CASE wanted WHEN 'closed' THEN 'ledger.period_closed' ELSE 'ledger.period_reopened' END,
        'resource_type', 'period', 'resource_id', to_char(the_month, 'YYYY-MM'), 'reason', request->>'reason',
        'diff', jsonb_build_object('status', jsonb_build_array(coalesce(before, 'open'), wanted))));
    RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_set_period(jsonb) FROM PUBLIC;
