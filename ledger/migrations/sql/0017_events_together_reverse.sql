DROP FUNCTION ledger_events_of(ledger_hold_change[]);
ALTER TYPE ledger_hold_change DROP ATTRIBUTE event;
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

CREATE OR REPLACE FUNCTION ledger_post(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    posting ledger_new_posting := ledger_read_posting(request, 1);
    has_holds boolean := coalesce(request->'holds', '[]') <> '[]';
    hold_accounts uuid[] := '{}';
    reversed ledger_ledgertransaction;
    stored_id uuid;
    resolved record;
    accounts ledger_guarded;
    judged record;
BEGIN
    -- Before anything of an account is locked: whoever closes one or switches its mode locks in this order too.
    PERFORM ledger_lock_chart(alone => false);
    -- Twins come one after the other; the second finds the first.
    PERFORM pg_advisory_xact_lock(hashtext('ledger_reference'), hashtext(posting.reference));
    stored_id := ledger_replayed(posting, request);
    IF stored_id IS NOT NULL THEN
        RETURN jsonb_build_object('id', stored_id, 'replayed', true);
    END IF;
    IF request->>'reverses' IS NOT NULL THEN
        reversed := ledger_original(request->>'reverses', reversal => true);
        posting.reverses_id := reversed.id;
    ELSIF request->>'adjusts' IS NOT NULL THEN
        posting.adjusts_id := (ledger_original(request->>'adjusts', reversal => false)).id;
    END IF;
    IF has_holds THEN
        hold_accounts := ledger_hold_accounts(request->'holds');
    END IF;
    resolved := ledger_resolve_lines(ARRAY[posting], hold_accounts);
    IF resolved.problem IS NOT NULL THEN
        PERFORM ledger_fail(resolved.problem[1], resolved.problem[2], resolved.problem[3]::jsonb);
    END IF;
    IF reversed.id IS NOT NULL THEN
        PERFORM ledger_check_reversal(reversed, resolved.lines);
    END IF;
    IF resolved.guarded <> '{}' THEN
        accounts := ledger_lock_guarded(resolved.guarded);
    END IF;
    IF has_holds THEN
        accounts := ledger_with_holds(accounts, resolved.lines,
                                      ledger_change_holds(request->'holds', posting.transaction_id, request->'context'));
    END IF;
    judged := ledger_judge(ARRAY[posting], false, resolved.lines, accounts);
    PERFORM ledger_book(ARRAY[posting], judged.lines, judged.accounts, request->'context'->>'correlation_id');
    -- The trail keeps the whole request: the books can be rebuilt from it, and held against it.
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', 'ledger.posted', 'resource_type', 'ledger_transaction', 'resource_id', posting.id,
        'transaction_id', posting.transaction_id, 'metadata', posting.said));
    RETURN jsonb_build_object('id', posting.id, 'replayed', false);
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
        accounts := ledger_with_holds(accounts, resolved.lines, ledger_change_holds(request->'holds', NULL, request->'context'));
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
    PERFORM audit_record_all(request->'context' || '{"type": "ledger.posted", "resource_type": "ledger_transaction"}', ARRAY(
        SELECT jsonb_build_object('resource_id', posting.id, 'transaction_id', posting.transaction_id, 'metadata', posting.said)
          FROM unnest(screened.fresh) AS posting
         ORDER BY posting.ordinal));
    RETURN jsonb_build_object('posted', cardinality(screened.fresh), 'others', others, 'ids', ids);
END
$$;

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
