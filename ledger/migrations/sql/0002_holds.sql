-- Holds: money of a guarded account set aside. Every change happens under the lock of that account's balance row.

CREATE TYPE ledger_hold_change AS (account_id uuid, held numeric, settled numeric);

-- Whole minor units as text. A numeric(78,0) column would round `1.5` silently; this refuses it.
CREATE FUNCTION ledger_amount(digits text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF digits IS NULL OR digits !~ '^[0-9]{1,78}$' THEN
        RAISE EXCEPTION 'an amount is a whole number of minor units, not %', coalesce(digits, 'nothing') USING ERRCODE = '22023';
    END IF;
    RETURN digits::numeric;
END
$$;

-- The accounts that `operations` touch. Settling, releasing and expiring name the hold alone; it may be one placed by the same call.
CREATE FUNCTION ledger_hold_accounts(operations jsonb) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    accounts uuid[];
    lost_hold text;
    lost_account text;
    collecting text;
BEGIN
    WITH operation AS (
        SELECT item->>'op' AS op, item->>'reference' AS reference, item->>'account' AS code FROM jsonb_array_elements(operations) AS item
    ), named AS (
        SELECT operation.op, operation.reference, hold.account_id, coalesce(operation.code, beside.code) AS code
          FROM operation
          LEFT JOIN ledger_hold AS hold ON hold.reference = operation.reference AND operation.op <> 'place'
          LEFT JOIN operation AS beside ON beside.reference = operation.reference AND beside.op = 'place' AND operation.op <> 'place'
    )
    SELECT array_agg(DISTINCT account.id), min(named.reference) FILTER (WHERE named.account_id IS NULL AND named.code IS NULL),
           min(named.code) FILTER (WHERE account.id IS NULL), min(account.code) FILTER (WHERE NOT account.guarded)
      INTO accounts, lost_hold, lost_account, collecting
      FROM named
      LEFT JOIN ledger_account AS account
        ON account.id = named.account_id OR (named.account_id IS NULL AND account.code = named.code);
    IF lost_hold IS NOT NULL THEN
        PERFORM ledger_fail('LG008', format('there is no hold %s', lost_hold), jsonb_build_object('reference', lost_hold));
    ELSIF lost_account IS NOT NULL THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', lost_account), jsonb_build_object('account', lost_account));
    ELSIF collecting IS NOT NULL THEN
        PERFORM ledger_fail('LG011', format('account %s only collects; holds need a guarded one', collecting),
                            jsonb_build_object('account', collecting));
    END IF;
    RETURN accounts;
END
$$;

-- Siblings are locked in the order of their ids, so that two postings over the same accounts never wait for each other in a circle.
CREATE FUNCTION ledger_lock_balances(accounts uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM ledger_balance WHERE account_id = ANY (accounts) ORDER BY account_id FOR NO KEY UPDATE;
END
$$;

-- Places one hold; the same again, even after its end, changes nothing. Returns what it adds to `held`.
CREATE FUNCTION ledger_place_hold(operation jsonb, business_id uuid, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    stored ledger_hold;
    amount numeric := ledger_amount(operation->>'amount');
BEGIN
    SELECT * INTO account FROM ledger_account WHERE code = operation->>'account';
    INSERT INTO ledger_hold (id, reference, account_id, amount, status, transaction_id, correlation_id, placed_at, expires_at)
    VALUES (audit_new_id(), operation->>'reference', account.id, amount, 'placed', business_id, context->>'correlation_id',
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
        'type', 'ledger.hold_placed', 'resource_type', 'hold', 'resource_id', operation->>'reference', 'transaction_id', business_id,
        'metadata', operation));
    RETURN (account.id, amount, 0)::ledger_hold_change;
END
$$;

-- Ends one hold as settled, released or expired. Releasing or expiring again changes nothing; any other second end is an error, also
-- settling again, since a settlement belongs to the one posting that took the money.
CREATE FUNCTION ledger_end_hold(operation jsonb, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ending text := CASE operation->>'op' WHEN 'settle' THEN 'settled' WHEN 'release' THEN 'released' WHEN 'expire' THEN 'expired' END;
    settled numeric := CASE ending WHEN 'settled' THEN ledger_amount(operation->>'amount') END;
    hold ledger_hold;
BEGIN
    SELECT * INTO hold FROM ledger_hold WHERE reference = operation->>'reference';
    IF hold.status = 'placed' THEN
        UPDATE ledger_hold SET status = ending, settled_amount = settled, ended_at = clock_timestamp() WHERE id = hold.id;
        PERFORM audit_record(context || jsonb_build_object(
            'type', 'ledger.hold_' || ending, 'resource_type', 'hold', 'resource_id', hold.reference,
            'transaction_id', hold.transaction_id, 'diff', jsonb_build_object('status', jsonb_build_array('placed', ending)),
            'metadata', operation));
        RETURN (hold.account_id, -hold.amount, coalesce(settled, 0))::ledger_hold_change;
    ELSIF hold.status = ending AND ending <> 'settled' THEN
        RETURN (hold.account_id, 0, 0)::ledger_hold_change;
    END IF;
    PERFORM ledger_fail('LG007', format('hold %s was already %s and cannot be %s', hold.reference, hold.status, ending),
                        jsonb_build_object('reference', hold.reference, 'status', hold.status));
    RETURN NULL;
END
$$;

-- Runs hold operations in their order. The caller holds the balance locks.
CREATE FUNCTION ledger_change_holds(operations jsonb, business_id uuid, context jsonb) RETURNS ledger_hold_change[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    operation jsonb;
    changes ledger_hold_change[] := '{}';
BEGIN
    FOR operation IN SELECT item FROM jsonb_array_elements(operations) AS item LOOP
        CASE operation->>'op'
            WHEN 'place' THEN changes := changes || ledger_place_hold(operation, business_id, context);
            WHEN 'settle', 'release', 'expire' THEN changes := changes || ledger_end_hold(operation, context);
        END CASE;
    END LOOP;
    RETURN changes;
END
$$;
