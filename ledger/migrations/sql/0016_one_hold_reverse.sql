CREATE OR REPLACE FUNCTION ledger_apply_holds(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    accounts uuid[] := ledger_hold_accounts(request->'holds');
    change record;
    now_has record;
BEGIN
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

DROP FUNCTION ledger_place_one_hold(jsonb, uuid, jsonb, jsonb[]);
