-- One new hold, which is what an order needs, takes the straight way: the same checks under the same locks, without collecting accounts and
-- changes of many.

-- Places the one hold of `operation`. `beside` are audit events that its caller records in the same statement.
CREATE FUNCTION ledger_place_one_hold(operation jsonb, business_id uuid, context jsonb, beside jsonb[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    amount numeric := ledger_amount(operation->>'amount');
    own_id uuid := coalesce((operation->>'transaction_id')::uuid, business_id);
    available numeric;
BEGIN
    -- The chart's lock keeps the account open; it is read under it.
    PERFORM ledger_lock_chart(alone => false);
    SELECT * INTO account FROM ledger_account WHERE code = operation->>'account';
    IF account.id IS NULL THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', operation->>'account'),
                            jsonb_build_object('account', operation->>'account'));
    ELSIF NOT account.guarded THEN
        PERFORM ledger_fail('LG011', format('account %s only collects; holds need a guarded one', account.code),
                            jsonb_build_object('account', account.code));
    END IF;
    INSERT INTO ledger_hold (id, reference, account_id, amount, status, transaction_id, correlation_id, placed_at, expires_at)
    VALUES (audit_new_id(), operation->>'reference', account.id, amount, 'placed', own_id, context->>'correlation_id',
            clock_timestamp(), (operation->>'expires_at')::timestamptz)
    ON CONFLICT (reference) DO NOTHING;
    IF NOT FOUND THEN
        -- Placed before: it says whether with the same content, and changes nothing.
        PERFORM ledger_place_hold(operation, business_id, context);
        PERFORM audit_record_all(context, beside);
        RETURN;
    ELSIF account.status <> 'open' THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', account.code), jsonb_build_object('account', account.code));
    END IF;
    PERFORM audit_record_all(context, beside || jsonb_build_object(
        'type', 'ledger.hold_placed', 'resource_type', 'hold', 'resource_id', operation->>'reference', 'transaction_id', own_id,
        'metadata', operation - 'transaction_id'));
    -- Last, so that others wait for the balance alone.
    UPDATE ledger_balance AS balance SET held = balance.held + amount WHERE balance.account_id = account.id
    RETURNING CASE WHEN account.type IN ('asset', 'expense') THEN balance.debits - balance.credits
                   ELSE balance.credits - balance.debits END - balance.held INTO available;
    IF amount > 0 AND available < account.floor THEN
        PERFORM ledger_refuse_overdraft(account.code, available, -amount, account.floor, NULL);
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_place_one_hold(jsonb, uuid, jsonb, jsonb[]) FROM PUBLIC;

-- `request` has holds, transaction_id and context, and in `beside` audit events that are recorded with those of the holds.
CREATE OR REPLACE FUNCTION ledger_apply_holds(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    beside jsonb[] := ARRAY(SELECT event FROM jsonb_array_elements(coalesce(request->'beside', '[]')) AS event);
    accounts uuid[];
    change record;
    now_has record;
BEGIN
    IF jsonb_array_length(request->'holds') = 1 AND request->'holds'->0->>'op' = 'place' THEN
        PERFORM ledger_place_one_hold(request->'holds'->0, (request->>'transaction_id')::uuid, request->'context', beside);
        RETURN;
    END IF;
    PERFORM audit_record_all(request->'context', beside);
    accounts := ledger_hold_accounts(request->'holds');
    IF jsonb_path_exists(request->'holds', '$[*] ? (@.op != "place")') THEN
        -- What ends a hold must see how it stands, so it queues first.
        PERFORM ledger_lock_balances(accounts);
    ELSE
        -- A new hold is written before it queues for its account: others wait for the balance alone, not for row and event as well. Twins
        -- meet on the unique reference; that the account stays open is what the chart's lock is for.
        PERFORM ledger_lock_chart(alone => false);
    END IF;
    FOR change IN SELECT account_id, sum(held) AS held
                    FROM unnest(ledger_change_holds(request->'holds', (request->>'transaction_id')::uuid, request->'context'))
                   GROUP BY account_id HAVING sum(held) <> 0 ORDER BY account_id LOOP
        UPDATE ledger_balance AS balance SET held = balance.held + change.held
          FROM ledger_account AS account WHERE balance.account_id = change.account_id AND account.id = change.account_id
        RETURNING account.code, account.floor,
                  CASE WHEN account.type IN ('asset', 'expense') THEN balance.debits - balance.credits
                       ELSE balance.credits - balance.debits END - balance.held AS available
             INTO now_has;
        IF change.held > 0 AND now_has.available < now_has.floor THEN
            PERFORM ledger_refuse_overdraft(now_has.code, now_has.available, -change.held, now_has.floor, NULL);
        END IF;
    END LOOP;
END
$$;
