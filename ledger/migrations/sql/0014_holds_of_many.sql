-- Places one hold; the same again, even after its end, changes nothing. Returns what it adds to `held`.
CREATE OR REPLACE FUNCTION ledger_place_hold(operation jsonb, business_id uuid, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    stored ledger_hold;
    amount numeric := ledger_amount(operation->>'amount');
    -- Holds of several business transactions may be placed in one call, each naming its own.
    own_id uuid := coalesce((operation->>'transaction_id')::uuid, business_id);
BEGIN
    SELECT * INTO account FROM ledger_account WHERE code = operation->>'account';
    INSERT INTO ledger_hold (id, reference, account_id, amount, status, transaction_id, correlation_id, placed_at, expires_at)
    VALUES (audit_new_id(), operation->>'reference', account.id, amount, 'placed', own_id, context->>'correlation_id',
            clock_timestamp(), (operation->>'expires_at')::timestamptz)
    ON CONFLICT (reference) DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO stored FROM ledger_hold WHERE reference = operation->>'reference';
        IF (stored.account_id, stored.amount) IS DISTINCT FROM (account.id, amount) THEN
            PERFORM ledger_fail('LG006', format('hold %s was placed with other content', stored.reference), jsonb_build_object(
                'reference', stored.reference, 'difference', ledger_json_difference(
                    jsonb_build_object('account', (SELECT code FROM ledger_account WHERE id = stored.account_id), 'amount', stored.amount),
                    jsonb_build_object('account', account.code, 'amount', amount))));
        END IF;
        RETURN (account.id, 0, 0)::ledger_hold_change;
    END IF;
    IF account.status <> 'open' THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', account.code), jsonb_build_object('account', account.code));
    END IF;
    PERFORM audit_record(context || jsonb_build_object(
        'type', 'ledger.hold_placed', 'resource_type', 'hold', 'resource_id', operation->>'reference', 'transaction_id', own_id,
        'metadata', operation - 'transaction_id'));
    RETURN (account.id, amount, 0)::ledger_hold_change;
END
$$;
