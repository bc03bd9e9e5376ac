-- Posting: one call, one round trip. The parent row comes first (its unique reference decides between new and repeated), then the
-- guarded balances are locked in id order, then everything is written in sets.

CREATE TYPE ledger_line AS (
    ordinal integer, account_id uuid, asset_id text, guarded boolean, direction integer, debit numeric, credit numeric);

-- Accounts of the lines, found and open. The key-share lock makes closing an account wait for us, and us for it.
CREATE FUNCTION ledger_resolve_lines(lines jsonb) RETURNS ledger_line[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    resolved ledger_line[];
    unknown text;
    closed text;
BEGIN
    WITH line AS (
        SELECT position::integer AS ordinal, item->>'account' AS code, ledger_amount(item->>'debit') AS debit,
               ledger_amount(item->>'credit') AS credit
          FROM jsonb_array_elements(lines) WITH ORDINALITY AS element (item, position)
    ), account AS (
        SELECT id, code, asset_id, guarded, status, CASE WHEN type IN ('asset', 'expense') THEN 1 ELSE -1 END AS direction
          FROM ledger_account WHERE code IN (SELECT code FROM line) FOR KEY SHARE
    )
    SELECT array_agg(ROW(line.ordinal, account.id, account.asset_id, account.guarded, account.direction, line.debit, line.credit)::ledger_line
                     ORDER BY line.ordinal),
           min(line.code) FILTER (WHERE account.id IS NULL), min(line.code) FILTER (WHERE account.status <> 'open')
      INTO resolved, unknown, closed
      FROM line LEFT JOIN account ON account.code = line.code;
    IF unknown IS NOT NULL THEN
        PERFORM ledger_fail('LG003', format('there is no account %s', unknown), jsonb_build_object('account', unknown));
    ELSIF closed IS NOT NULL THEN
        PERFORM ledger_fail('LG004', format('account %s is closed', closed), jsonb_build_object('account', closed));
    END IF;
    RETURN resolved;
END
$$;

-- Writes the entries; those of guarded accounts carry the balance and the version after them. Balances are locked and not yet changed.
CREATE FUNCTION ledger_write_entries(parent ledger_ledgertransaction, lines ledger_line[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_entry (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,
                              account_version, txid, cluster_epoch)
    SELECT audit_new_id(), parent.booked_at, parent.value_at, parent.id, line.ordinal, line.account_id, line.asset_id, line.debit,
           line.credit,
           line.direction * (balance.debits - balance.credits + sum(line.debit - line.credit) OVER of_account),
           balance.version + row_number() OVER of_account, parent.created_txid, parent.cluster_epoch
      FROM unnest(lines) AS line
      LEFT JOIN ledger_balance AS balance ON line.guarded AND balance.account_id = line.account_id
    WINDOW of_account AS (PARTITION BY line.account_id ORDER BY line.ordinal);
END
$$;

-- Moves the locked balances in one statement, then looks whether any went below its floor. An account that is below already (a booked
-- overdraft) may still get better. `forced` postings pass; the book says that they were forced.
CREATE FUNCTION ledger_move_balances(lines ledger_line[], holds ledger_hold_change[], forced boolean) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    WITH change AS (
        SELECT account_id, sum(debit) AS debit, sum(credit) AS credit, sum(held) AS held, sum(settled) AS settled, sum(entries) AS entries
          FROM (SELECT account_id, debit, credit, 0 AS held, 0 AS settled, 1 AS entries FROM unnest(lines) WHERE guarded
                UNION ALL
                SELECT account_id, 0, 0, held, settled, 0 FROM unnest(holds)) AS part
         GROUP BY account_id
    ), moved AS (
        UPDATE ledger_balance AS balance
           SET debits = balance.debits + change.debit, credits = balance.credits + change.credit, held = balance.held + change.held,
               version = balance.version + change.entries
          FROM change WHERE balance.account_id = change.account_id
        RETURNING balance.account_id, balance.debits - balance.credits AS net, balance.held AS held_now,
                  change.debit - change.credit AS net_change, change.held AS held_change, change.settled
    ), judged AS (
        SELECT account.code, account.floor, moved.settled,
               CASE WHEN account.type IN ('asset', 'expense') THEN moved.net ELSE -moved.net END - moved.held_now AS available,
               CASE WHEN account.type IN ('asset', 'expense') THEN moved.net_change ELSE -moved.net_change END AS inflow, moved.held_change
          FROM moved JOIN ledger_account AS account ON account.id = moved.account_id
    )
    SELECT *, inflow - held_change AS gain INTO bad FROM judged
     WHERE (NOT forced AND available < floor AND inflow - held_change < 0) OR (settled > 0 AND settled > -inflow)
     ORDER BY code LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF bad.settled > 0 AND bad.settled > -bad.inflow THEN
        PERFORM ledger_fail('LG010', format('holds on %s settle %s, but the posting takes %s', bad.code, bad.settled, -bad.inflow),
                            jsonb_build_object('account', bad.code, 'settled', bad.settled::text, 'taken', (-bad.inflow)::text));
    END IF;
    PERFORM ledger_fail('LG001', format('account %s has %s available, %s wanted', bad.code, bad.available - bad.gain - bad.floor, -bad.gain),
        jsonb_build_object('account', bad.code, 'available', (bad.available - bad.gain - bad.floor)::text, 'requested', (-bad.gain)::text));
END
$$;

-- A reversal is the mirror image of a posting that was not reversed before.
CREATE FUNCTION ledger_check_reversal(reversed ledger_ledgertransaction, lines ledger_line[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    differs boolean;
BEGIN
    WITH mirror AS (SELECT account_id, credit AS debit, debit AS credit FROM ledger_entry
                     WHERE transaction_id = reversed.id AND booked_at = reversed.booked_at),
         given AS (SELECT account_id, debit, credit FROM unnest(lines))
    SELECT EXISTS (SELECT * FROM mirror EXCEPT ALL SELECT * FROM given) OR EXISTS (SELECT * FROM given EXCEPT ALL SELECT * FROM mirror)
      INTO differs;
    IF differs THEN
        PERFORM ledger_fail('LG015', format('this does not mirror posting %s', reversed.reference),
                            jsonb_build_object('reference', reversed.reference));
    END IF;
END
$$;

-- The content that a repeated reference must repeat. When a hold expires is no part of it: a retry may reckon it anew.
CREATE FUNCTION ledger_content(request jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT request - 'context' || jsonb_build_object('holds', coalesce(
        (SELECT jsonb_agg(item - 'expires_at' ORDER BY position)
           FROM jsonb_array_elements(request->'holds') WITH ORDINALITY AS element (item, position)), '[]'))
$$;

-- What stored posting `stored` and `request` disagree about, in words.
CREATE FUNCTION ledger_difference(stored ledger_ledgertransaction, request jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(ledger_json_difference(before, now), 'hold operations')
      FROM (SELECT jsonb_build_object(
                'kind', stored.kind, 'description', stored.description, 'transaction_id', stored.transaction_id,
                'value_at', stored.value_at, 'settled_at', stored.settled_at, 'forced_kind', stored.forced_kind, 'metadata', stored.metadata,
                'reverses', (SELECT reference FROM ledger_ledgertransaction WHERE id = stored.reverses_id),
                'lines', (SELECT jsonb_agg(jsonb_build_object('account', account.code, 'debit', entry.debit::text,
                                                              'credit', entry.credit::text) ORDER BY entry.ordinal)
                            FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
                           WHERE entry.transaction_id = stored.id AND entry.booked_at = stored.booked_at)),
            jsonb_build_object(
                'kind', request->'kind', 'description', request->'description', 'transaction_id', request->'transaction_id',
                'value_at', (request->>'value_at')::timestamptz, 'settled_at', (request->>'settled_at')::timestamptz,
                'forced_kind', request->'forced_kind', 'metadata', request->'metadata', 'reverses', request->'reverses',
                'lines', request->'lines')) AS versions (before, now)
$$;

-- {reference, kind, description, transaction_id, value_at, settled_at, reverses, forced_kind, metadata, lines: [{account, debit, credit}],
--  holds: [{op, reference, account?, amount?, expires_at?}], context} -> {"id", "replayed"}
CREATE FUNCTION ledger_post(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    content_hash bytea := sha256(convert_to(ledger_content(request)::text, 'UTF8'));
    business_id uuid := (request->>'transaction_id')::uuid;
    reversed ledger_ledgertransaction;
    posting ledger_ledgertransaction;
    lines ledger_line[];
    holds ledger_hold_change[] := '{}';
BEGIN
    IF request->>'reverses' IS NOT NULL THEN
        SELECT * INTO reversed FROM ledger_ledgertransaction WHERE reference = request->>'reverses';
        IF NOT FOUND THEN
            PERFORM ledger_fail('LG012', format('there is no posting %s', request->>'reverses'),
                                jsonb_build_object('reference', request->>'reverses'));
        END IF;
        -- Two reversals of one posting come one after the other; without the lock the second would fail on a bare unique index.
        PERFORM pg_advisory_xact_lock(hashtext('ledger_reversal'), hashtext(reversed.id::text));
        IF EXISTS (SELECT FROM ledger_ledgertransaction WHERE reverses_id = reversed.id AND reference <> request->>'reference') THEN
            PERFORM ledger_fail('LG016', format('posting %s was reversed already', reversed.reference),
                                jsonb_build_object('reference', reversed.reference));
        END IF;
    END IF;
    INSERT INTO ledger_ledgertransaction AS stored (
        id, reference, content_hash, kind, description, transaction_id, correlation_id, value_at, booked_at, settled_at, created_txid,
        cluster_epoch, reverses_id, forced_kind, metadata)
    VALUES (audit_new_id(), request->>'reference', content_hash, request->>'kind', request->>'description', business_id,
            request->'context'->>'correlation_id', (request->>'value_at')::timestamptz, clock_timestamp(),
            (request->>'settled_at')::timestamptz, 0, 0, reversed.id, request->>'forced_kind', request->'metadata')
    ON CONFLICT (reference) DO NOTHING RETURNING stored.* INTO posting;
    IF NOT FOUND THEN
        SELECT * INTO posting FROM ledger_ledgertransaction WHERE reference = request->>'reference';
        IF posting.content_hash <> content_hash THEN
            PERFORM ledger_fail('LG006', format('posting %s was booked with other content', posting.reference), jsonb_build_object(
                'reference', posting.reference, 'difference', ledger_difference(posting, request)));
        END IF;
        RETURN jsonb_build_object('id', posting.id, 'replayed', true);
    END IF;
    lines := ledger_resolve_lines(request->'lines');
    IF reversed.id IS NOT NULL THEN
        PERFORM ledger_check_reversal(reversed, lines);
    END IF;
    PERFORM ledger_lock_balances(ARRAY(SELECT account_id FROM unnest(lines) WHERE guarded) || ledger_hold_accounts(request->'holds'));
    holds := ledger_change_holds(request->'holds', business_id, request->'context');
    PERFORM ledger_write_entries(posting, lines);
    PERFORM ledger_move_balances(lines, holds, forced => posting.forced_kind <> '');
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', 'ledger.posted', 'resource_type', 'ledger_transaction', 'resource_id', posting.id, 'transaction_id', business_id,
        'metadata', jsonb_build_object('reference', posting.reference, 'kind', posting.kind, 'forced_kind', posting.forced_kind,
                                       'reverses', reversed.reference)));
    RETURN jsonb_build_object('id', posting.id, 'replayed', false);
END
$$;

-- {transaction_id, holds: [{op: place|release|expire, ...}], context}: hold operations without a posting.
CREATE FUNCTION ledger_apply_holds(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ledger_lock_balances(ledger_hold_accounts(request->'holds'));
    PERFORM ledger_move_balances('{}', ledger_change_holds(request->'holds', (request->>'transaction_id')::uuid, request->'context'),
                                 forced => false);
END
$$;

REVOKE EXECUTE ON FUNCTION ledger_post(jsonb), ledger_apply_holds(jsonb) FROM PUBLIC;
