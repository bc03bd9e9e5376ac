-- Lets more columns of a kept table change. It adds to what the trigger allows already, so that migrations may do so in any order.
CREATE OR REPLACE FUNCTION transfers_let_change(kept regclass, VARIADIC added text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    guard text;
    allowed text[];
BEGIN
    SELECT tgname, array_remove(string_to_array(encode(tgargs, 'escape'), '\000'), '') INTO STRICT guard, allowed
      FROM pg_trigger WHERE tgrelid = kept AND tgfoid = 'public.transfers_keep_columns'::regproc;
    SELECT allowed || array_agg(name) INTO allowed FROM unnest(added) AS name WHERE name <> ALL (allowed);
    IF allowed IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION public.transfers_keep_columns(%s)',
                   guard, kept, (SELECT string_agg(quote_literal(name), ', ') FROM unnest(allowed) AS name));
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', kept, guard);
END $$;
REVOKE EXECUTE ON FUNCTION transfers_let_change(regclass, text[]) FROM PUBLIC;
SELECT transfers_let_change('transfers_transfer', 'deadline_at');
SELECT transfers_let_change('transfers_leg', 'value_date', 'expected_on', 'missed_cut_off');
SELECT audit_guard_table('transfers_historicalbankcalendar');

-- Transfers that were on their way get the deadline they would have had.
UPDATE transfers_transfer SET deadline_at = state_entered_at + CASE
    WHEN status IN ('CREATED', 'QUOTED') THEN interval '5 minutes'
    WHEN status = 'FUNDS_LOCKED' THEN interval '1 hour'
    WHEN status = 'SENT_ON_CHAIN' THEN interval '10 minutes'
    WHEN status = 'CONFIRMED' AND route = 'off_ramp' THEN interval '4 hours'
    ELSE interval '24 hours' END
 WHERE status NOT IN ('RECONCILED', 'FAILED', 'CANCELLED', 'EXPIRED') AND deadline_at IS NULL;
