-- What an event of this floor tells is told whole, with every time that the database gave the row: so no column of a row can be changed
-- without the trail contradicting it.

-- As before, and a transfer that was spelled otherwise than the database spells it stays in what is told, for the content hash is over it.
CREATE OR REPLACE FUNCTION ledger_read_posting(request jsonb, place integer) RETURNS ledger_new_posting
LANGUAGE sql VOLATILE AS $$
    SELECT ROW(place, public.audit_new_id(), request->>'reference',
               sha256(convert_to(CASE WHEN coalesce(request->'holds', '[]') = '[]' THEN request - 'context' || '{"holds": []}'
                                      ELSE public.ledger_content(request) END::text, 'UTF8')),
               request->>'kind', request->>'description', (request->>'transaction_id')::uuid, (request->>'value_at')::timestamptz,
               (request->>'settled_at')::timestamptz, NULL, NULL, request->>'forced_kind', request->'metadata',
               request->'lines', request - 'context' - CASE WHEN request->>'transaction_id' <> (request->>'transaction_id')::uuid::text THEN ''
                                                            ELSE 'transaction_id' END)::public.ledger_new_posting
$$;

-- As before, and returns when each posting was booked, by its ordinal.
DROP FUNCTION ledger_book(ledger_new_posting[], ledger_lines, ledger_guarded, text);
CREATE FUNCTION ledger_book(postings ledger_new_posting[], lines ledger_lines, accounts ledger_guarded, correlation text) RETURNS timestamptz[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    this_txid bigint := pg_current_xact_id()::text::bigint;
    this_epoch integer := audit_current_epoch();
    ids uuid[] := ARRAY[postings[1].id];
    written integer;
    moments timestamptz[];
BEGIN
    IF cardinality(postings) > 1 OR postings[1].ordinal > 1 THEN
        -- By ordinal, with gaps where a posting was left out.
        SELECT array_agg(posting.id ORDER BY place) INTO ids
          FROM generate_series(1, (SELECT max(ordinal) FROM unnest(postings))) AS place
          LEFT JOIN unnest(postings) AS posting ON posting.ordinal = place;
    END IF;
    PERFORM ledger_move_balances(accounts);
    WITH parent AS (
        -- Each with a moment of its own: it leads to the entries of this posting and of no other.
        INSERT INTO ledger_ledgertransaction (
            id, reference, content_hash, kind, description, transaction_id, correlation_id, value_at, booked_at, settled_at, created_txid,
            cluster_epoch, reverses_id, adjusts_id, forced_kind, metadata)
        SELECT id, reference, content_hash, kind, description, transaction_id, correlation, value_at, clock_timestamp(), settled_at,
               this_txid, this_epoch, reverses_id, adjusts_id, forced_kind, metadata
          FROM unnest(postings)
        ON CONFLICT (reference) DO NOTHING RETURNING id, booked_at, value_at
    ), entered AS (
        INSERT INTO ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,
                                  account_version, txid, cluster_epoch)
        SELECT audit_new_id(), parent.booked_at, parent.value_at, parent.id, line.ordinal, line.account_id, line.asset_id, line.debit,
               line.credit, line.balance_after, line.account_version, this_txid, this_epoch
          FROM unnest(lines.posting, lines.ordinal, lines.account_id, lines.asset_id, lines.debit, lines.credit, lines.balance_after,
                      lines.account_version)
               AS line (posting, ordinal, account_id, asset_id, debit, credit, balance_after, account_version)
          JOIN parent ON parent.id = ids[line.posting]
    )
    SELECT count(parent.id), array_agg(parent.booked_at ORDER BY known.place) INTO written, moments
      FROM unnest(ids) WITH ORDINALITY AS known (id, place) LEFT JOIN parent ON parent.id = known.id;
    IF written < cardinality(postings) THEN
        PERFORM ledger_fail('LG041', 'a posting of the same reference was booked at the same moment', '{}');
    END IF;
    RETURN moments;
END
$$;

-- As before, and the event says when the posting was booked.
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
    changes ledger_hold_change[] := '{}';
    moments timestamptz[];
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
        changes := ledger_change_holds(request->'holds', posting.transaction_id, request->'context');
        accounts := ledger_with_holds(accounts, resolved.lines, changes);
    END IF;
    judged := ledger_judge(ARRAY[posting], false, resolved.lines, accounts);
    moments := ledger_book(ARRAY[posting], judged.lines, judged.accounts, request->'context'->>'correlation_id');
    -- The trail keeps the whole request: the books can be rebuilt from it, and held against it.
    PERFORM audit_record_all(request->'context', ledger_events_of(changes) || jsonb_build_object(
        'type', 'ledger.posted', 'resource_type', 'ledger_transaction', 'resource_id', posting.id,
        'transaction_id', posting.transaction_id, 'metadata', posting.said || jsonb_build_object('booked_at', moments[1])));
    RETURN jsonb_build_object('id', posting.id, 'replayed', false);
END
$$;

-- As before, and each event says when its posting was booked.
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
    moments timestamptz[];
BEGIN
    IF one_by_one THEN
        PERFORM ledger_refuse_settling(request->'holds');
    END IF;
    IF jsonb_path_exists(request->'postings', '$[*] ? (@.reverses != null || @.adjusts != null)') THEN
        RAISE EXCEPTION 'a correction is booked by itself, not in a batch' USING ERRCODE = '22023';
    END IF;
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
    moments := ledger_book(screened.fresh, judged.lines, judged.accounts, request->'context'->>'correlation_id');
    PERFORM audit_record_all(request->'context', ledger_events_of(changes));
    PERFORM audit_record_all(request->'context' || '{"type": "ledger.posted", "resource_type": "ledger_transaction"}', ARRAY(
        SELECT jsonb_build_object('resource_id', posting.id, 'transaction_id', posting.transaction_id,
                                  'metadata', posting.said || jsonb_build_object('booked_at', moments[posting.ordinal]))
          FROM unnest(screened.fresh) AS posting
         ORDER BY posting.ordinal));
    RETURN jsonb_build_object('posted', cardinality(screened.fresh), 'others', others, 'ids', ids);
END
$$;

-- What the event of a hold says of its placing.
CREATE FUNCTION ledger_told_placing(operation jsonb, placed ledger_hold) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT operation - 'transaction_id' || jsonb_build_object('placed_at', placed.placed_at)
           || CASE WHEN placed.expires_at IS NULL THEN '{}' ELSE jsonb_build_object('expires_at', placed.expires_at) END
$$;

-- As before, and the event says when the hold was placed.
CREATE OR REPLACE FUNCTION ledger_place_hold(operation jsonb, business_id uuid, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    stored ledger_hold;
    placed ledger_hold;
    amount numeric := ledger_amount(operation->>'amount');
    -- Holds of several business transactions may be placed in one call, each naming its own.
    own_id uuid := coalesce((operation->>'transaction_id')::uuid, business_id);
BEGIN
    SELECT * INTO account FROM ledger_account WHERE code = operation->>'account';
    INSERT INTO ledger_hold (id, reference, account_id, amount, status, transaction_id, correlation_id, placed_at, expires_at)
    VALUES (audit_new_id(), operation->>'reference', account.id, amount, 'placed', own_id, context->>'correlation_id',
            clock_timestamp(), (operation->>'expires_at')::timestamptz)
    ON CONFLICT (reference) DO NOTHING RETURNING * INTO placed;
    IF NOT FOUND THEN
        SELECT * INTO stored FROM ledger_hold WHERE reference = operation->>'reference';
        IF (stored.account_id, stored.amount) IS DISTINCT FROM (account.id, amount) THEN
            PERFORM ledger_fail('LG006', format('hold %s was placed with other content', stored.reference), jsonb_build_object(
                'reference', stored.reference, 'difference', ledger_json_difference(
                    jsonb_build_object('account', (SELECT code FROM ledger_account WHERE id = stored.account_id), 'amount', stored.amount),
                    jsonb_build_object('account', account.code, 'amount', amount))));
        END IF;
        RETURN (account.id, 0, 0, NULL)::ledger_hold_change;
    END IF;
    IF account.status <> 'open' THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', account.code), jsonb_build_object('account', account.code));
    END IF;
    RETURN (account.id, amount, 0, jsonb_build_object(
        'type', 'ledger.hold_placed', 'resource_type', 'hold', 'resource_id', operation->>'reference', 'transaction_id', own_id,
        'metadata', ledger_told_placing(operation, placed)))::ledger_hold_change;
END
$$;

-- As before, and the event says when the hold was placed.
CREATE OR REPLACE FUNCTION ledger_place_one_hold(operation jsonb, business_id uuid, context jsonb, beside jsonb[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    amount numeric := ledger_amount(operation->>'amount');
    own_id uuid := coalesce((operation->>'transaction_id')::uuid, business_id);
    available numeric;
    placed ledger_hold;
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
    ON CONFLICT (reference) DO NOTHING RETURNING * INTO placed;
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
        'metadata', ledger_told_placing(operation, placed)));
    -- Last, so that others wait for the balance alone.
    UPDATE ledger_balance AS balance SET held = balance.held + amount WHERE balance.account_id = account.id
    RETURNING CASE WHEN account.type IN ('asset', 'expense') THEN balance.debits - balance.credits
                   ELSE balance.credits - balance.debits END - balance.held INTO available;
    IF amount > 0 AND available < account.floor THEN
        PERFORM ledger_refuse_overdraft(account.code, available, -amount, account.floor, NULL);
    END IF;
END
$$;

-- As before, and the event says when the hold ended.
CREATE OR REPLACE FUNCTION ledger_end_hold(operation jsonb, context jsonb) RETURNS ledger_hold_change
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ending text := CASE operation->>'op' WHEN 'settle' THEN 'settled' WHEN 'release' THEN 'released' WHEN 'expire' THEN 'expired' END;
    settled numeric := CASE ending WHEN 'settled' THEN ledger_amount(operation->>'amount') END;
    hold ledger_hold;
BEGIN
    SELECT * INTO hold FROM ledger_hold WHERE reference = operation->>'reference';
    IF hold.status = 'placed' THEN
        IF ending = 'expired' AND coalesce(hold.expires_at > clock_timestamp(), true) THEN
            PERFORM ledger_fail('LG021', format('hold %s does not expire before %s', hold.reference, coalesce(hold.expires_at::text, 'ever')),
                                jsonb_build_object('reference', hold.reference, 'expires_at', hold.expires_at));
        END IF;
        UPDATE ledger_hold SET status = ending, settled_amount = settled, ended_at = clock_timestamp() WHERE id = hold.id
        RETURNING * INTO hold;
        RETURN (hold.account_id, -hold.amount, coalesce(settled, 0), jsonb_build_object(
            'type', 'ledger.hold_' || ending, 'resource_type', 'hold', 'resource_id', hold.reference,
            'transaction_id', hold.transaction_id, 'diff', jsonb_build_object('status', jsonb_build_array('placed', ending)),
            'metadata', operation || jsonb_build_object('ended_at', hold.ended_at)))::ledger_hold_change;
    ELSIF hold.status = ending AND ending <> 'settled' THEN
        RETURN (hold.account_id, 0, 0, NULL)::ledger_hold_change;
    END IF;
    PERFORM ledger_fail('LG007', format('hold %s was already %s and cannot be %s', hold.reference, hold.status, ending),
                        jsonb_build_object('reference', hold.reference, 'status', hold.status));
    RETURN NULL;
END
$$;

-- As before, and the event says when the account was opened.
CREATE OR REPLACE FUNCTION ledger_open_account(request jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    difference text;
BEGIN
    INSERT INTO ledger_account (id, code, name, kind, type, asset_id, owner, guarded, floor, status, opened_at)
    VALUES (audit_new_id(), request->>'code', request->>'name', request->>'kind', request->>'type', request->>'asset_id',
            request->>'owner', (request->>'guarded')::boolean, 0, 'open', clock_timestamp())
    ON CONFLICT (code) DO NOTHING RETURNING * INTO account;
    IF FOUND THEN
        INSERT INTO ledger_balance (account_id, debits, credits, held, version, as_of_epoch, as_of_txid)
        VALUES (account.id, 0, 0, 0, 0, 0, 0);
        PERFORM audit_record(request->'context' || jsonb_build_object(
            'type', 'ledger.account_opened', 'resource_type', 'account', 'resource_id', account.code,
            'metadata', request - 'context' || jsonb_build_object('opened_at', account.opened_at)));
        RETURN account.id;
    END IF;
    SELECT * INTO account FROM ledger_account WHERE code = request->>'code';
    SELECT ledger_json_difference(jsonb_object_agg(key, to_jsonb(account)->key), request - 'context') INTO difference
      FROM jsonb_object_keys(request - 'context') AS key;
    IF difference IS NOT NULL THEN
        PERFORM ledger_fail('LG006', format('account %s is open with other content: %s', account.code, difference),
                            jsonb_build_object('reference', account.code, 'difference', difference));
    END IF;
    RETURN account.id;
END
$$;

-- As before, and the event says when the account was closed.
CREATE OR REPLACE FUNCTION ledger_close_account(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    account ledger_account;
    money ledger_account_balance;
BEGIN
    PERFORM ledger_lock_chart(alone => true);
    SELECT * INTO account FROM ledger_account WHERE code = request->>'code' FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', request->>'code'), jsonb_build_object('account', request->>'code'));
    END IF;
    IF account.status = 'closed' THEN
        RETURN;
    END IF;
    PERFORM FROM ledger_balance WHERE account_id = account.id FOR NO KEY UPDATE;
    SELECT * INTO money FROM ledger_account_balance WHERE account_id = account.id;
    IF money.posted <> 0 OR money.held <> 0 THEN
        PERFORM ledger_fail('LG013', format('account %s is not empty', account.code),
                            jsonb_build_object('account', account.code, 'posted', money.posted::text, 'held', money.held::text));
    END IF;
    UPDATE ledger_account SET status = 'closed', closed_at = clock_timestamp() WHERE id = account.id
    RETURNING * INTO account;
    PERFORM audit_record(request->'context' || jsonb_build_object('type', 'ledger.account_closed', 'resource_type', 'account',
        'resource_id', account.code, 'reason', request->>'reason', 'diff', '{"status": ["open", "closed"]}'::jsonb,
        'metadata', jsonb_build_object('closed_at', account.closed_at)));
END
$$;

-- As before, and the event says when the checkpoint was taken.
CREATE OR REPLACE FUNCTION ledger_take_proof_checkpoint(since bigint, epoch integer, txid bigint, context jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    latest ledger_proof_checkpoint;
    base ledger_proof_checkpoint;
    taken ledger_proof_checkpoint;
    assets jsonb;
BEGIN
    IF (epoch, txid) > (audit_current_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1) THEN
        RAISE EXCEPTION 'a checkpoint stays below the oldest transaction that is still open' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO latest FROM ledger_proof_checkpoint ORDER BY number DESC LIMIT 1;
    IF since IS NOT NULL THEN
        base := latest;
    END IF;
    IF base.number IS DISTINCT FROM since OR (epoch, txid) <= (coalesce(latest.as_of_epoch, 0), coalesce(latest.as_of_txid, 0)) THEN
        RETURN NULL;
    END IF;
    taken.number := coalesce(latest.number, 0) + 1;
    base.as_of_epoch := coalesce(base.as_of_epoch, 0);
    base.as_of_txid := coalesce(base.as_of_txid, 0);
    INSERT INTO ledger_proof_sum (checkpoint_id, account_id, debits, credits, entries)
    SELECT taken.number, moved.account_id, total.debits, total.credits, total.entries
      FROM (SELECT entry.account_id, sum(entry.debit) AS debits, sum(entry.credit) AS credits, count(*) AS entries
              FROM ledger_entries_after(base.as_of_epoch, base.as_of_txid) AS entry
             WHERE (entry.cluster_epoch, entry.txid) <= (ledger_take_proof_checkpoint.epoch, ledger_take_proof_checkpoint.txid)
             GROUP BY entry.account_id) AS moved
      LEFT JOIN ledger_proved_sums(base.number) AS proved ON proved.account_id = moved.account_id
      LEFT JOIN ledger_proved_sums(latest.number) AS kept ON kept.account_id = moved.account_id
     CROSS JOIN LATERAL (SELECT coalesce(proved.debits, 0) + moved.debits AS debits, coalesce(proved.credits, 0) + moved.credits AS credits,
                                coalesce(proved.entries, 0) + moved.entries AS entries) AS total
     WHERE (kept.debits, kept.credits, kept.entries) IS DISTINCT FROM (total.debits, total.credits, total.entries);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(entries), 0) INTO taken.entries FROM ledger_proved_sums(taken.number);
    SELECT coalesce(base.postings, 0) + count(*) INTO taken.postings FROM ledger_postings_after(base.as_of_epoch, base.as_of_txid) AS posting
     WHERE (posting.cluster_epoch, posting.created_txid) <= (ledger_take_proof_checkpoint.epoch, ledger_take_proof_checkpoint.txid);
    INSERT INTO ledger_proof_checkpoint (number, as_of_epoch, as_of_txid, entries, postings, digest, taken_at)
    VALUES (taken.number, epoch, txid, taken.entries, taken.postings, ledger_proved_digest(taken.number), clock_timestamp())
    RETURNING * INTO taken;
    SELECT jsonb_object_agg(asset_id, jsonb_build_object('debits', debits::text, 'credits', credits::text)) INTO assets
      FROM (SELECT account.asset_id, sum(proved.debits) AS debits, sum(proved.credits) AS credits
              FROM ledger_proved_sums(taken.number) AS proved JOIN ledger_account AS account ON account.id = proved.account_id
             GROUP BY account.asset_id) AS summed;
    PERFORM audit_record(context || jsonb_build_object(
        'type', 'ledger.proved', 'resource_type', 'proof_checkpoint', 'resource_id', taken.number::text,
        'metadata', jsonb_build_object('as_of_epoch', epoch, 'as_of_txid', txid, 'entries', taken.entries, 'postings', taken.postings,
                                       'digest', encode(taken.digest, 'hex'), 'since', since, 'assets', assets,
                                       'taken_at', taken.taken_at)));
    RETURN taken.number;
END
$$;

-- As before, and the event of a closing says when and by whom.
CREATE OR REPLACE FUNCTION ledger_set_period(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    the_month date := ledger_month((request->>'month')::timestamp AT TIME ZONE 'UTC');
    closing boolean := request->>'status' = 'closed';
    kept jsonb := coalesce(request->'record', '{}');
    stands ledger_period;
BEGIN
    PERFORM ledger_refuse_silence(request, 'reason'), ledger_refuse_silence(request, 'by');
    -- Closings and reopenings come one after the other.
    PERFORM pg_advisory_xact_lock(hashtext('ledger_set_period'), 0);
    IF ledger_month_is_closed(the_month) = closing THEN
        RETURN false;
    END IF;
    IF closing THEN
        IF NOT EXISTS (SELECT FROM ledger_period WHERE status = 'closed') THEN
            -- Nothing locks the months before it: wait for every posting in flight, whatever its month, before taking the month alone.
            -- Whoever waits keeps all others waiting, so it gives up soon.
            LOCK TABLE ledger_ledgertransaction IN SHARE MODE;
        END IF;
        PERFORM ledger_lock_month(the_month, alone => true);
        kept := kept || ledger_month_figures(the_month);
    END IF;
    INSERT INTO ledger_period AS period (month, status, closed_at, closed_by, reason, record)
    VALUES (the_month, request->>'status', clock_timestamp(), request->>'by', request->>'reason', kept)
    ON CONFLICT (month) DO UPDATE SET status = EXCLUDED.status, reason = EXCLUDED.reason, record = EXCLUDED.record,
        closed_at = CASE WHEN closing THEN EXCLUDED.closed_at END, closed_by = CASE WHEN closing THEN EXCLUDED.closed_by ELSE '' END
    RETURNING * INTO stands;
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', CASE WHEN closing THEN 'ledger.period_closed' ELSE 'ledger.period_reopened' END,
        'resource_type', 'period', 'resource_id', to_char(the_month, 'YYYY-MM'), 'reason', request->>'reason', 'metadata', kept,
        'diff', CASE WHEN closing THEN jsonb_build_object('status', jsonb_build_array('open', 'closed'),
                                                          'closed_at', jsonb_build_array(NULL, stands.closed_at),
                                                          'closed_by', jsonb_build_array('', stands.closed_by))
                     ELSE '{"status": ["closed", "open"]}' END));
    RETURN true;
END
$$;

-- What proofs read of the events after transaction `since_txid` of `since_epoch`.
DROP FUNCTION ledger_events_after(integer, bigint);
CREATE FUNCTION ledger_events_after(since_epoch integer, since_txid bigint)
RETURNS TABLE (type text, resource_type text, resource_id text, transaction_id uuid, correlation_id text, recorded_at timestamptz, metadata jsonb,
               cluster_epoch integer, txid bigint)
LANGUAGE sql STABLE AS $$
    SELECT event.type, event.resource_type, event.resource_id, event.transaction_id, event.correlation_id, event.recorded_at, event.metadata,
           event.cluster_epoch, event.txid
      FROM audit_event AS event
     WHERE event.cluster_epoch = since_epoch AND event.txid > since_txid OR event.cluster_epoch > since_epoch
$$;

-- Whether a posting may have been booked at `kept`: when its event says so. One from before events said it was booked after its id was
-- made, which bears the time in its first 48 bits, and before its event; a second is left to clocks that are set.
CREATE FUNCTION ledger_booking_is_told(kept timestamptz, told text, id uuid, recorded_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN told IS NOT NULL THEN coalesce(kept = ledger_told_time(told), false)
                ELSE kept BETWEEN to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) - interval '1 second'
                              AND recorded_at + interval '1 second' END
$$;

-- Whether `kept` is the content hash of the posting that an event tells. A request without a transfer may have said so or nothing.
CREATE FUNCTION ledger_hash_is_told(kept bytea, facts jsonb, business_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT kept = sha256(convert_to((told || jsonb_build_object('transaction_id', business_id) || told_otherwise)::text, 'UTF8'))
           OR business_id IS NULL AND kept = sha256(convert_to(told::text, 'UTF8'))
      FROM (SELECT CASE WHEN coalesce(facts->'holds', '[]') = '[]' THEN facts || '{"holds": []}'
                        WHEN jsonb_typeof(facts->'holds') = 'array' THEN ledger_content(facts) ELSE facts END - 'booked_at' AS told,
                   CASE WHEN facts ? 'transaction_id' THEN jsonb_build_object('transaction_id', facts->'transaction_id') ELSE '{}' END
                   AS told_otherwise) AS content
$$;
REVOKE EXECUTE ON FUNCTION ledger_book(ledger_new_posting[], ledger_lines, ledger_guarded, text), ledger_told_placing(jsonb, ledger_hold),
    ledger_events_after(integer, bigint), ledger_booking_is_told(timestamptz, text, uuid, timestamptz),
    ledger_hash_is_told(bytea, jsonb, uuid) FROM PUBLIC;
