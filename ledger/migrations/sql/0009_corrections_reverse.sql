DROP TRIGGER check_correction ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_correction();
CREATE OR REPLACE FUNCTION ledger_original(wanted text, reversal boolean) RETURNS ledger_ledgertransaction
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    original ledger_ledgertransaction;
BEGIN
    SELECT * INTO original FROM ledger_ledgertransaction WHERE reference = wanted;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG012', format('there is no posting %s', wanted), jsonb_build_object('reference', wanted));
    END IF;
    IF reversal THEN
        PERFORM pg_advisory_xact_lock(hashtext('ledger_reversal'), hashtext(original.id::text));
        IF EXISTS (SELECT FROM ledger_ledgertransaction WHERE reverses_id = original.id) THEN
            PERFORM ledger_fail('LG016', format('posting %s was reversed already', wanted), jsonb_build_object('reference', wanted));
        END IF;
    END IF;
    RETURN original;
END
$$;
DROP FUNCTION ledger_check_corrected(ledger_ledgertransaction, boolean);
