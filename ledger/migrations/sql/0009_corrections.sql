-- A correction counts with what it corrects or after it. A posting is adjusted or reversed: reversing one whose adjustments stand would
-- give back more than was taken, so those are reversed first, and what was reversed is not adjusted any more.

-- Raises when a correction of `original` would meet one of the other kind. Corrections of one posting come one after the other; whoever
-- takes this lock before the accounts never waits for them in a circle.
CREATE FUNCTION ledger_check_corrected(original ledger_ledgertransaction, reversal boolean) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    standing text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_reversal'), hashtext(original.id::text));
    IF NOT reversal THEN
        IF EXISTS (SELECT FROM ledger_ledgertransaction WHERE reverses_id = original.id) THEN
            PERFORM ledger_fail('LG016', format('posting %s was reversed already', original.reference),
                                jsonb_build_object('reference', original.reference));
        END IF;
        RETURN;
    END IF;
    SELECT adjustment.reference INTO standing FROM ledger_ledgertransaction AS adjustment
     WHERE adjustment.adjusts_id = original.id
       AND NOT EXISTS (SELECT FROM ledger_ledgertransaction AS undone WHERE undone.reverses_id = adjustment.id)
     ORDER BY adjustment.booked_at LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_fail('LG020', format('posting %s is adjusted by %s, which is reversed first', original.reference, standing),
                            jsonb_build_object('reference', original.reference, 'adjustment', standing));
    END IF;
END
$$;

-- For each row that corrects another, and for no other: the net under whoever types SQL.
CREATE FUNCTION ledger_check_correction() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    original ledger_ledgertransaction;
BEGIN
    SELECT * INTO original FROM ledger_ledgertransaction WHERE id = coalesce(NEW.reverses_id, NEW.adjusts_id);
    IF NEW.value_at < original.value_at THEN
        RAISE EXCEPTION 'posting % counts before % that it corrects', NEW.reference, original.reference USING ERRCODE = '23514',
            CONSTRAINT = 'ledger_transaction_counts_after_what_it_corrects';
    END IF;
    PERFORM ledger_check_corrected(original, reversal => NEW.reverses_id IS NOT NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER check_correction AFTER INSERT ON ledger_ledgertransaction
    FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL OR NEW.adjusts_id IS NOT NULL) EXECUTE FUNCTION ledger_check_correction();
ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER check_correction;

-- The posting that another reverses or adjusts. Two reversals of one come one after the other; without the lock the second would fail on
-- a bare unique index.
CREATE OR REPLACE FUNCTION ledger_original(wanted text, reversal boolean) RETURNS ledger_ledgertransaction
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    original ledger_ledgertransaction;
BEGIN
    SELECT * INTO original FROM ledger_ledgertransaction WHERE reference = wanted;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG012', format('there is no posting %s', wanted), jsonb_build_object('reference', wanted));
    END IF;
    PERFORM ledger_check_corrected(original, reversal);
    IF reversal AND EXISTS (SELECT FROM ledger_ledgertransaction WHERE reverses_id = original.id) THEN
        PERFORM ledger_fail('LG016', format('posting %s was reversed already', wanted), jsonb_build_object('reference', wanted));
    END IF;
    RETURN original;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_check_corrected(ledger_ledgertransaction, boolean) FROM PUBLIC;
