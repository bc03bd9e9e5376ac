DROP TRIGGER keep_period ON ledger_period;
DROP FUNCTION ledger_keep_period();
-- {month, status, by, reason, context} -> true when the status changed.
CREATE OR REPLACE FUNCTION ledger_set_period(request jsonb) RETURNS boolean
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
DROP FUNCTION ledger_month_figures(date);
DROP FUNCTION ledger_check_closing(date);
DROP FUNCTION ledger_month_is_closed(date);
