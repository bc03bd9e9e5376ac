CREATE OR REPLACE FUNCTION ledger_end_hold(operation jsonb, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ending text := CASE operation->>'op' WHEN 'settle' THEN 'settled' WHEN 'release' THEN 'released' WHEN 'expire' THEN 'expired' END;
    settled numeric := CASE ending WHEN 'settled' THEN ledger_amount(operation->>'amount') END;
    hold ledger_hold;
BEGIN
    SELECT * INTO hold FROM ledger_hold WHERE reference = operation->>'reference';
    IF hold.status = 'placed' THEN
        UPDATE ledger_hold SET status = ending, settled_amount = settled, ended_at = clock_timestamp() WHERE id = hold.id;
        RETURN (hold.account_id, -hold.amount, coalesce(settled, 0), jsonb_build_object(
            'type', 'ledger.hold_' || ending, 'resource_type', 'hold', 'resource_id', hold.reference,
            'transaction_id', hold.transaction_id, 'diff', jsonb_build_object('status', jsonb_build_array('placed', ending)),
            'metadata', operation))::ledger_hold_change;
    ELSIF hold.status = ending AND ending <> 'settled' THEN
        RETURN (hold.account_id, 0, 0, NULL)::ledger_hold_change;
    END IF;
    PERFORM ledger_fail('LG007', format('hold %s was already %s and cannot be %s', hold.reference, hold.status, ending),
                        jsonb_build_object('reference', hold.reference, 'status', hold.status));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger_apply_holds(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    beside jsonb[] := ARRAY(SELECT event FROM jsonb_array_elements(coalesce(request->'beside', '[]')) AS event);
    accounts uuid[];
    changes ledger_hold_change[];
    change record;
    now_has record;
BEGIN
    IF jsonb_array_length(request->'holds') = 1 AND request->'holds'->0->>'op' = 'place' THEN
        PERFORM ledger_place_one_hold(request->'holds'->0, (request->>'transaction_id')::uuid, request->'context', beside);
        RETURN;
    END IF;
    accounts := ledger_hold_accounts(request->'holds');
    IF jsonb_path_exists(request->'holds', '$[*] ? (@.op != "place")') THEN
        -- What ends a hold must see how it stands, so it queues first.
        PERFORM ledger_lock_balances(accounts);
    ELSE
        -- A new hold is written before it queues for its account: others wait for the balance alone, not for row and event as well. Twins
        -- meet on the unique reference; that the account stays open is what the chart's lock is for.
        PERFORM ledger_lock_chart(alone => false);
    END IF;
    changes := ledger_change_holds(request->'holds', (request->>'transaction_id')::uuid, request->'context');
    PERFORM audit_record_all(request->'context', beside || ledger_events_of(changes));
    FOR change IN SELECT account_id, sum(held) AS held FROM unnest(changes)
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

CREATE OR REPLACE FUNCTION ledger_post_batch(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
DECLARE
    one_by_one boolean := (request->>'one_by_one')::boolean;
    all_postings ledger_new_posting[];
    screened record;
    sound record;
    resolved record;
    judged record;
    kept record;
    accounts ledger_guarded;
    others jsonb;
    ids jsonb;
    bad jsonb;
    has_holds boolean := request->'holds' <> '[]';
    changes ledger_hold_change[] := '{}';
BEGIN
    PERFORM ledger_lock_chart(alone => false);
    SELECT array_agg(ledger_read_posting(item, position::integer) ORDER BY position) INTO all_postings
      FROM jsonb_array_elements(request->'postings') WITH ORDINALITY AS element (item, position);
    SELECT jsonb_agg(id ORDER BY ordinal) INTO ids FROM unnest(all_postings);
    screened := ledger_screen_batch(all_postings, request->'postings');
    others := screened.known;
    bad := jsonb_path_query_first(others, '$[*] ? (@.status == "refused")');
    IF bad IS NOT NULL AND NOT one_by_one THEN
        PERFORM ledger_fail(bad->>'code', bad->>'words', bad->'facts');
    END IF;
    IF one_by_one THEN
        sound := ledger_screen_accounts(screened.fresh);
        others := others || sound.refusals;
        screened.fresh := sound.sound;
    END IF;
    IF screened.fresh = '{}' THEN
        RETURN jsonb_build_object('posted', 0, 'others', others, 'ids', ids);
    END IF;
    resolved := ledger_resolve_lines(screened.fresh,
                                     CASE WHEN has_holds THEN ledger_hold_accounts(request->'holds') ELSE '{}' END);
    IF resolved.problem IS NOT NULL THEN
        PERFORM ledger_fail(resolved.problem[1], resolved.problem[2], resolved.problem[3]::jsonb);
    END IF;
    IF resolved.guarded <> '{}' THEN
        accounts := ledger_lock_guarded(resolved.guarded);
    END IF;
    IF has_holds THEN
        changes := ledger_change_holds(request->'holds', NULL, request->'context');
        accounts := ledger_with_holds(accounts, resolved.lines, changes);
    END IF;
    judged := ledger_judge(screened.fresh, one_by_one, resolved.lines, accounts);
    IF judged.refused <> '{}' THEN
        SELECT others || jsonb_agg(jsonb_build_object('id', posting.id, 'status', 'refused', 'code', 'LG001', 'words', '', 'facts', out.why))
          INTO others
          FROM unnest(judged.refused, judged.why) AS out (ordinal, why) JOIN unnest(screened.fresh) AS posting USING (ordinal);
        kept := ledger_without(judged.refused, screened.fresh, judged.lines);
        screened.fresh := kept.postings;
        judged.lines := kept.lines;
    END IF;
    PERFORM ledger_book(screened.fresh, judged.lines, judged.accounts, request->'context'->>'correlation_id');
    PERFORM audit_record_all(request->'context', ledger_events_of(changes));
    PERFORM audit_record_all(request->'context' || '{"type": "ledger.posted", "resource_type": "ledger_transaction"}', ARRAY(
        SELECT jsonb_build_object('resource_id', posting.id, 'transaction_id', posting.transaction_id, 'metadata', posting.said)
          FROM unnest(screened.fresh) AS posting
         ORDER BY posting.ordinal));
    RETURN jsonb_build_object('posted', cardinality(screened.fresh), 'others', others, 'ids', ids);
END
$$;

CREATE OR REPLACE FUNCTION ledger_set_guarded(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    account ledger_account;
    wanted boolean := (request->>'guarded')::boolean;
    money ledger_account_balance;
    before ledger_balance;
BEGIN
    PERFORM ledger_lock_chart(alone => true);
    SELECT * INTO account FROM ledger_account WHERE code = request->>'code' FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', request->>'code'), jsonb_build_object('account', request->>'code'));
    ELSIF account.guarded = wanted THEN
        RETURN false;
    END IF;
    SELECT * INTO before FROM ledger_balance WHERE account_id = account.id FOR NO KEY UPDATE;
    SELECT * INTO money FROM ledger_account_balance WHERE account_id = account.id;
    IF wanted THEN
        UPDATE ledger_balance SET debits = money.debits, credits = money.credits, version = money.entries,
               as_of_epoch = audit_current_epoch(), as_of_txid = pg_current_xact_id()::text::bigint
         WHERE account_id = account.id;
    ELSIF before.held <> 0 THEN
        PERFORM ledger_fail('LG013', format('account %s has money on hold', account.code),
                            jsonb_build_object('account', account.code, 'posted', money.posted::text, 'held', before.held::text));
    ELSIF (audit_current_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint) <= (before.as_of_epoch, before.as_of_txid) THEN
        PERFORM ledger_fail('LG040', format('a transaction older than the last switch of %s is still open', account.code),
                            jsonb_build_object('account', account.code));
    END IF;
    PERFORM set_config('ledger.switching', account.code, true);
    UPDATE ledger_account SET guarded = wanted WHERE id = account.id;
    PERFORM set_config('ledger.switching', '', true);
    PERFORM audit_record(request->'context' || jsonb_build_object('type', 'ledger.account_mode_switched', 'resource_type', 'account',
        'resource_id', account.code, 'reason', request->>'reason',
        'diff', jsonb_build_object('guarded', jsonb_build_array(account.guarded, wanted))));
    RETURN true;
END
$$;

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

DROP FUNCTION ledger_refuse_settling(jsonb), ledger_refuse_silence(jsonb, text);
