-- Many postings in one call: read, found, locked, judged and written as sets, by the parts that single postings use.

-- The postings of `requests` that are not in the books yet, numbered anew from 1, and what is to be said of the others: one row per posting
-- that stands already ('replayed') or cannot stand ('refused', with code, words and facts).
CREATE FUNCTION ledger_screen_batch(all_postings ledger_new_posting[], requests jsonb, OUT fresh ledger_new_posting[], OUT known jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    WITH given AS (
        SELECT posting.*, first_value(posting.ordinal) OVER same_reference AS first_ordinal,
               first_value(posting.id) OVER same_reference AS first_id,
               first_value(posting.content_hash) OVER same_reference AS first_hash
          FROM unnest(all_postings) AS posting
        WINDOW same_reference AS (PARTITION BY posting.reference ORDER BY posting.ordinal)
    ), told AS (
        SELECT given.*, stored.id AS stored_id, coalesce(stored.content_hash, given.first_hash) <> given.content_hash AS differs,
               stored.id IS NOT NULL OR given.ordinal <> given.first_ordinal AS is_known
          FROM given LEFT JOIN ledger_ledgertransaction AS stored ON stored.reference = given.reference
    )
    SELECT array_agg(ROW(row_number, id, reference, content_hash, kind, description, transaction_id, value_at, settled_at, NULL, NULL,
                         forced_kind, metadata, lines, said)::ledger_new_posting ORDER BY row_number) FILTER (WHERE NOT is_known),
           jsonb_agg(CASE WHEN differs
               THEN jsonb_build_object('ordinal', ordinal, 'status', 'refused', 'code', 'LG006',
                    'words', format('posting %s was booked with other content', reference),
                    'facts', jsonb_build_object('reference', reference, 'difference', coalesce(
                        (SELECT ledger_difference(stored, requests->(ordinal - 1)) FROM ledger_ledgertransaction AS stored
                          WHERE stored.id = stored_id), 'it stands twice in this batch')))
               ELSE jsonb_build_object('ordinal', ordinal, 'status', 'replayed', 'id', coalesce(stored_id, first_id)) END)
               FILTER (WHERE is_known)
      INTO fresh, known
      FROM (SELECT *, row_number() OVER (PARTITION BY is_known ORDER BY ordinal)::integer FROM told) AS told;
    fresh := coalesce(fresh, '{}');
    known := coalesce(known, '[]');
END
$$;

-- The postings of `fresh` that may be booked as far as their accounts and their month go, and the refusals of the others. Only for batches
-- that go posting by posting; others are refused whole by the first problem.
CREATE FUNCTION ledger_screen_accounts(fresh ledger_new_posting[], OUT sound ledger_new_posting[], OUT refusals jsonb)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    value_month date;
BEGIN
    -- The locks come before the look: neither a month nor an account closes between the two.
    FOR value_month IN SELECT DISTINCT ledger_month(value_at) FROM unnest(fresh) ORDER BY 1 LOOP
        PERFORM ledger_lock_month(value_month, alone => false);
    END LOOP;
    PERFORM ledger_lock_chart(alone => false);
    WITH line AS (
        SELECT posting.ordinal, item->>'account' AS code FROM unnest(fresh) AS posting, jsonb_array_elements(posting.lines) AS item
    ), problem AS (
        SELECT DISTINCT ON (ordinal) ordinal, code, words, facts FROM (
            SELECT line.ordinal, 1 AS rank, 'LG003' AS code, format('there is no account %s', line.code) AS words,
                   jsonb_build_object('account', line.code) AS facts
              FROM line WHERE NOT EXISTS (SELECT FROM ledger_account WHERE ledger_account.code = line.code)
            UNION ALL
            SELECT line.ordinal, 2, 'LG004', format('account %s is closed', line.code), jsonb_build_object('account', line.code)
              FROM line JOIN ledger_account AS account ON account.code = line.code AND account.status <> 'open'
            UNION ALL
            SELECT posting.ordinal, 3, 'LG005', format('the month %s is closed', to_char(ledger_month(posting.value_at), 'YYYY-MM')),
                   jsonb_build_object('month', ledger_month(posting.value_at))
              FROM unnest(fresh) AS posting WHERE ledger_month_is_closed(ledger_month(posting.value_at))) AS found
         ORDER BY ordinal, rank, code
    )
    SELECT array_agg(ROW(row_number, id, reference, content_hash, kind, description, transaction_id, value_at, settled_at, NULL, NULL,
                         forced_kind, metadata, lines, said)::ledger_new_posting ORDER BY row_number) FILTER (WHERE problem_code IS NULL),
           jsonb_agg(jsonb_build_object('id', id, 'status', 'refused', 'code', problem_code, 'words', words, 'facts', facts))
               FILTER (WHERE problem_code IS NOT NULL)
      INTO sound, refusals
      FROM (SELECT posting.*, problem.code AS problem_code, problem.words, problem.facts,
                   row_number() OVER (PARTITION BY problem.code IS NULL ORDER BY posting.ordinal)::integer
              FROM unnest(fresh) AS posting LEFT JOIN problem USING (ordinal)) AS told;
    sound := coalesce(sound, '{}');
    refusals := coalesce(refusals, '[]');
END
$$;

-- Leaves out the postings that ledger_judge() refused, with their lines.
CREATE FUNCTION ledger_without(refused integer[], INOUT postings ledger_new_posting[], INOUT lines ledger_lines)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    SELECT coalesce(array_agg(posting ORDER BY posting.ordinal), '{}') INTO postings
      FROM unnest(postings) AS posting LEFT JOIN unnest(refused) AS out (ordinal) USING (ordinal) WHERE out.ordinal IS NULL;
    SELECT array_agg(line.posting), array_agg(line.ordinal), array_agg(line.account_id), array_agg(line.asset_id), array_agg(line.debit),
           array_agg(line.credit), array_agg(line.balance_after), array_agg(line.account_version)
      INTO lines.posting, lines.ordinal, lines.account_id, lines.asset_id, lines.debit, lines.credit, lines.balance_after,
           lines.account_version
      FROM unnest(lines.posting, lines.ordinal, lines.account_id, lines.asset_id, lines.debit, lines.credit, lines.balance_after,
                  lines.account_version)
           AS line (posting, ordinal, account_id, asset_id, debit, credit, balance_after, account_version)
      LEFT JOIN unnest(refused) AS out (posting) ON out.posting = line.posting
     WHERE out.posting IS NULL;
END
$$;

-- {postings: [as for ledger_post, without holds, context, reverses and adjusts], holds: [...], one_by_one: boolean, context}
-- -> {"posted", "others": [{ordinal | id, status, code, words, facts}], "ids": [of every posting, in order]}
-- All or nothing, unless one_by_one: then a posting that cannot stand is left out and told of. `holds` belong to the batch as a whole and
-- come first; they are left alone when every posting was booked before.
CREATE FUNCTION ledger_post_batch(request jsonb) RETURNS jsonb
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
REVOKE EXECUTE ON FUNCTION ledger_post_batch(jsonb) FROM PUBLIC;
