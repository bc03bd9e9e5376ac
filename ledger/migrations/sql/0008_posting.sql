-- Posting, for one and for many: the parts that both share take sets. A posting is read, its accounts are found, the guarded balances are
-- locked in id order, and then one statement writes postings and entries together.
-- Plans are made once and for look-ups (plan_cache_mode, enable_seqscan): what a table looked like when it was empty must not decide how it
-- is read when it is full. Batches are planned anew for their size.

DROP FUNCTION ledger_post(jsonb);
DROP FUNCTION ledger_apply_holds(jsonb);
DROP FUNCTION ledger_difference(ledger_ledgertransaction, jsonb);
DROP FUNCTION ledger_check_reversal(ledger_ledgertransaction, ledger_line[]);
DROP FUNCTION ledger_move_balances(ledger_line[], ledger_hold_change[], boolean);
DROP FUNCTION ledger_write_entries(ledger_ledgertransaction, ledger_line[]);
DROP FUNCTION ledger_resolve_lines(jsonb);
DROP TYPE ledger_line;

CREATE TYPE ledger_new_posting AS (
    ordinal integer, id uuid, reference text, content_hash bytea, kind text, description text, transaction_id uuid, value_at timestamptz,
    settled_at timestamptz, reverses_id uuid, adjusts_id uuid, forced_kind text, metadata jsonb, lines jsonb, said jsonb);
-- Lines in posting order, a column each. `slot` is the place of a guarded account in ledger_guarded, NULL for one that only collects;
-- `inflow` counts in the direction in which the account grows; the last two are what an entry of a guarded account carries.
CREATE TYPE ledger_lines AS (
    posting integer[], ordinal integer[], account_id uuid[], asset_id text[], debit numeric[], credit numeric[], slot integer[],
    inflow numeric[], balance_after numeric[], account_version bigint[]);
-- The guarded accounts of lines and holds in id order, locked, and what is to happen to them. `gain` is by how much the posting at hand, with
-- the holds before it, makes more available.
CREATE TYPE ledger_guarded AS (
    account_id uuid[], code text[], floor numeric[], posted numeric[], held numeric[], version bigint[], more_debit numeric[],
    more_credit numeric[], more_held numeric[], gain numeric[], entries integer[]);

-- The accounts that `operations` touch. Settling, releasing and expiring name the hold alone; it may be one placed by the same call.
CREATE OR REPLACE FUNCTION ledger_hold_accounts(operations jsonb) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    accounts uuid[];
    lost_hold text;
    lost_account text;
    collecting text;
BEGIN
    -- OFFSET 0 keeps each a look-up per operation, whatever the planner thinks of their number.
    SELECT array_agg(DISTINCT account.id), min(item->>'reference') FILTER (WHERE hold.account_id IS NULL AND named.code IS NULL),
           min(named.code) FILTER (WHERE account.id IS NULL), min(account.code) FILTER (WHERE NOT account.guarded)
      INTO accounts, lost_hold, lost_account, collecting
      FROM jsonb_array_elements(operations) AS item
      LEFT JOIN LATERAL (SELECT account_id FROM ledger_hold
                          WHERE item->>'op' <> 'place' AND reference = item->>'reference' OFFSET 0) AS hold ON true
     CROSS JOIN LATERAL (
           SELECT CASE WHEN item->>'op' = 'place' THEN item->>'account'
                       WHEN hold.account_id IS NULL THEN (
                            SELECT beside->>'account' FROM jsonb_array_elements(operations) AS beside
                             WHERE beside->>'op' = 'place' AND beside->>'reference' = item->>'reference' LIMIT 1)
                  END AS code OFFSET 0) AS named
      LEFT JOIN LATERAL (SELECT id, code, guarded FROM ledger_account WHERE id = hold.account_id
                         UNION ALL
                         SELECT id, code, guarded FROM ledger_account WHERE code = named.code OFFSET 0) AS account ON true;
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

-- A request as a row. Repeating a reference must repeat the content hash; when a hold expires is no part of it, for a retry may reckon that
-- anew. One expression and no settings of its own, so that it is inlined.
CREATE FUNCTION ledger_read_posting(request jsonb, place integer) RETURNS ledger_new_posting
LANGUAGE sql VOLATILE AS $$
    SELECT ROW(place, public.audit_new_id(), request->>'reference',
               sha256(convert_to(CASE WHEN coalesce(request->'holds', '[]') = '[]' THEN request - 'context' || '{"holds": []}'
                                      ELSE public.ledger_content(request) END::text, 'UTF8')),
               request->>'kind', request->>'description', (request->>'transaction_id')::uuid, (request->>'value_at')::timestamptz,
               (request->>'settled_at')::timestamptz, NULL, NULL, request->>'forced_kind', request->'metadata',
               request->'lines', request - 'context' - 'transaction_id')::public.ledger_new_posting
$$;

-- The lines of a single posting with their accounts, found one by one: for a few lines that is half of what starting the plan for any
-- number costs. `closed` and `unknown` name an account that cannot take its line, `malformed` one whose amount is none.
CREATE FUNCTION ledger_resolve_few(posting ledger_new_posting, OUT lines ledger_lines, OUT guarded uuid[], OUT unknown text, OUT closed text,
                                   OUT malformed text)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    item jsonb;
    account record;
    n integer := jsonb_array_length(posting.lines);
    account_id uuid[];
    asset_id text[];
    debit numeric[];
    credit numeric[];
    inflow numeric[];
BEGIN
    FOR i IN 1..n LOOP
        item := posting.lines->(i - 1);
        SELECT id, own.asset_id, own.guarded, status, CASE WHEN type IN ('asset', 'expense') THEN 1 ELSE -1 END AS direction INTO account
          FROM ledger_account AS own WHERE code = item->>'account';
        IF account.id IS NULL THEN
            unknown := least(unknown, item->>'account');
        ELSIF account.status <> 'open' THEN
            closed := least(closed, item->>'account');
        ELSIF (item->>'debit' ~ '^[0-9]{1,78}$' AND item->>'credit' ~ '^[0-9]{1,78}$') IS NOT TRUE THEN
            malformed := least(malformed, item->>'account');
        ELSE
            account_id[i] := account.id;
            asset_id[i] := account.asset_id;
            debit[i] := item->>'debit';
            credit[i] := item->>'credit';
            inflow[i] := account.direction * (debit[i] - credit[i]);
            IF account.guarded THEN
                guarded := guarded || account.id;
            END IF;
        END IF;
    END LOOP;
    lines.posting := array_fill(1, ARRAY[n]);
    lines.ordinal := ARRAY(SELECT generate_series(1, n));
    lines.account_id := account_id;
    lines.asset_id := asset_id;
    lines.debit := debit;
    lines.credit := credit;
    lines.inflow := inflow;
END
$$;

-- The lines of `postings` with their accounts, and the ids of the guarded ones among these and `hold_accounts`. `problem` says why one
-- cannot be booked: its code, words and facts for ledger_fail(). Raises for an amount that is none.
CREATE FUNCTION ledger_resolve_lines(postings ledger_new_posting[], hold_accounts uuid[], OUT lines ledger_lines, OUT guarded uuid[],
                                     OUT problem text[])
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    malformed text;
    unknown text;
    closed text;
    few record;
BEGIN
    IF cardinality(postings) = 1 THEN
        few := ledger_resolve_few(postings[1]);
        lines := few.lines;
        guarded := few.guarded;
        unknown := few.unknown;
        closed := few.closed;
        malformed := few.malformed;
    ELSE
        SELECT array_agg(posting.ordinal ORDER BY posting.ordinal, position), array_agg(position::integer ORDER BY posting.ordinal, position),
               array_agg(account.id ORDER BY posting.ordinal, position), array_agg(account.asset_id ORDER BY posting.ordinal, position),
               array_agg(amount.debit ORDER BY posting.ordinal, position), array_agg(amount.credit ORDER BY posting.ordinal, position),
               array_agg(account.direction * (amount.debit - amount.credit) ORDER BY posting.ordinal, position),
               array_agg(account.id) FILTER (WHERE account.guarded),
               min(item->>'account') FILTER (WHERE account.id IS NULL), min(item->>'account') FILTER (WHERE account.status <> 'open'),
               min(item->>'account') FILTER (WHERE amount.debit IS NULL OR amount.credit IS NULL)
          INTO lines.posting, lines.ordinal, lines.account_id, lines.asset_id, lines.debit, lines.credit, lines.inflow,
               guarded, unknown, closed, malformed
          FROM unnest(postings) AS posting
         CROSS JOIN LATERAL jsonb_array_elements(posting.lines) WITH ORDINALITY AS element (item, position)
         CROSS JOIN LATERAL (SELECT CASE WHEN item->>'debit' ~ '^[0-9]{1,78}$' THEN (item->>'debit')::numeric END AS debit,
                                    CASE WHEN item->>'credit' ~ '^[0-9]{1,78}$' THEN (item->>'credit')::numeric END AS credit) AS amount
          -- OFFSET 0 keeps it a look-up per line, whatever the planner thinks of the number of lines.
          LEFT JOIN LATERAL (SELECT id, asset_id, ledger_account.guarded, status,
                                    CASE WHEN type IN ('asset', 'expense') THEN 1 ELSE -1 END AS direction
                               FROM ledger_account WHERE ledger_account.code = item->>'account' OFFSET 0) AS account ON true;
    END IF;
    IF malformed IS NOT NULL THEN
        RAISE EXCEPTION 'an amount is a whole number of minor units; one on % is not', malformed USING ERRCODE = '22023';
    ELSIF unknown IS NOT NULL THEN
        problem := ARRAY['LG003', format('there is no account %s', unknown), jsonb_build_object('account', unknown)::text];
    ELSIF closed IS NOT NULL THEN
        problem := ARRAY['LG004', format('account %s is closed', closed), jsonb_build_object('account', closed)::text];
    END IF;
    IF cardinality(guarded) = 1 AND hold_accounts = '{}' THEN
        lines.slot := array_fill(NULL::integer, ARRAY[cardinality(lines.posting)]);
        lines.slot[array_position(lines.account_id, guarded[1])] := 1;
        RETURN;
    END IF;
    guarded := ARRAY(SELECT DISTINCT id FROM unnest(guarded || hold_accounts) AS id ORDER BY id);
    IF guarded <> '{}' THEN
        SELECT array_agg(place ORDER BY line.n) INTO lines.slot
          FROM unnest(lines.account_id) WITH ORDINALITY AS line (id, n)
          LEFT JOIN unnest(guarded) WITH ORDINALITY AS slot (id, place) USING (id);
    END IF;
END
$$;

-- Locks the balances of guarded accounts, in the order of their ids, and reads them.
CREATE FUNCTION ledger_lock_guarded(accounts uuid[]) RETURNS ledger_guarded
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    locked ledger_guarded;
BEGIN
    SELECT array_agg(account_id), array_agg(code), array_agg(floor), array_agg(posted), array_agg(held), array_agg(version),
           array_agg(0::numeric), array_agg(0::numeric), array_agg(0::numeric), array_agg(0::numeric), array_agg(0)
      INTO locked
      FROM (SELECT account_id, held, version, debits - credits AS net FROM ledger_balance WHERE account_id = ANY (accounts)
             ORDER BY account_id FOR NO KEY UPDATE) AS balance
     CROSS JOIN LATERAL (SELECT code, floor, CASE WHEN type IN ('asset', 'expense') THEN net ELSE -net END AS posted
                           FROM ledger_account WHERE id = account_id OFFSET 0) AS account;
    RETURN locked;
END
$$;

-- Refuses a balance that went below its floor by `gain`, an increase of what is available (so negative).
CREATE FUNCTION ledger_refuse_overdraft(account text, available numeric, gain numeric, floor numeric, reference text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_fail('LG001', format('account %s has %s available, %s wanted', account, available - gain - floor, -gain),
        jsonb_build_object('account', account, 'available', (available - gain - floor)::text, 'requested', (-gain)::text,
                           'reference', reference));
END
$$;

-- Adds to locked `accounts` what hold operations changed. What they settle, the lines must take.
CREATE FUNCTION ledger_with_holds(accounts ledger_guarded, lines ledger_lines, changes ledger_hold_change[]) RETURNS ledger_guarded
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    change record;
    place integer;
    taken numeric;
BEGIN
    FOR change IN SELECT account_id, sum(held) AS held, sum(settled) AS settled FROM unnest(changes) GROUP BY account_id LOOP
        place := array_position(accounts.account_id, change.account_id);
        accounts.held[place] := accounts.held[place] + change.held;
        accounts.more_held[place] := change.held;
        accounts.gain[place] := -change.held;
        IF change.settled > 0 THEN
            SELECT -sum(line.inflow) INTO taken FROM unnest(lines.slot, lines.inflow) AS line (slot, inflow) WHERE line.slot = place;
            IF change.settled > coalesce(taken, 0) THEN
                PERFORM ledger_fail('LG010', format('holds on %s settle %s, but the posting takes %s', accounts.code[place],
                                                    change.settled, coalesce(taken, 0)),
                    jsonb_build_object('account', accounts.code[place], 'settled', change.settled::text,
                                       'taken', coalesce(taken, 0)::text));
            END IF;
        END IF;
    END LOOP;
    RETURN accounts;
END
$$;

-- Goes through the lines posting by posting, in their order, and works out every balance after them. A voluntary posting leaves its
-- guarded accounts at or above their floors, or better than they were (a booked overdraft may get better). The first that does not is
-- refused by an error; with `one_by_one` each such posting is left out instead and named in `refused`, with its facts in `why`.
-- What holds changed before, under the same locks, counts with the first posting.
-- Arrays are copied into variables: there an element is reached and changed in constant time, in a field of a row it is not.
CREATE FUNCTION ledger_judge(postings ledger_new_posting[], one_by_one boolean, INOUT lines ledger_lines, INOUT accounts ledger_guarded,
                             OUT refused integer[], OUT why jsonb[])
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last_line integer := coalesce(cardinality(lines.posting), 0);
    posting integer[] := lines.posting;
    slot integer[] := lines.slot;
    inflow numeric[] := lines.inflow;
    debit numeric[] := lines.debit;
    credit numeric[] := lines.credit;
    balance_after numeric[] := array_fill(NULL::numeric, ARRAY[last_line]);
    account_version bigint[] := array_fill(NULL::bigint, ARRAY[last_line]);
    floor numeric[] := accounts.floor;
    held numeric[] := accounts.held;
    gain numeric[] := accounts.gain;
    posted numeric[] := accounts.posted;
    version bigint[] := accounts.version;
    more_debit numeric[] := accounts.more_debit;
    more_credit numeric[] := accounts.more_credit;
    entries integer[] := accounts.entries;
    first_line integer := 1;
    bad integer;
BEGIN
    refused := '{}';
    why := '{}';
    FOR i IN 1..last_line LOOP
        IF slot[i] IS NOT NULL THEN
            posted[slot[i]] := posted[slot[i]] + inflow[i];
            gain[slot[i]] := gain[slot[i]] + inflow[i];
            version[slot[i]] := version[slot[i]] + 1;
            balance_after[i] := posted[slot[i]];
            account_version[i] := version[slot[i]];
        END IF;
        CONTINUE WHEN i < last_line AND posting[i + 1] = posting[i];
        bad := NULL;
        FOR j IN first_line..i LOOP
            IF slot[j] IS NOT NULL AND gain[slot[j]] < 0 AND posted[slot[j]] - held[slot[j]] < floor[slot[j]]
               AND postings[posting[i]].forced_kind = '' THEN
                bad := slot[j];
                EXIT;
            END IF;
        END LOOP;
        IF bad IS NOT NULL AND NOT one_by_one THEN
            PERFORM ledger_refuse_overdraft(accounts.code[bad], posted[bad] - held[bad], gain[bad], floor[bad],
                                            postings[posting[i]].reference);
        ELSIF bad IS NOT NULL THEN
            refused := refused || posting[i];
            why := why || jsonb_build_object('account', accounts.code[bad], 'requested', (-gain[bad])::text,
                                             'available', (posted[bad] - held[bad] - gain[bad] - floor[bad])::text);
        END IF;
        FOR j IN first_line..i LOOP
            CONTINUE WHEN slot[j] IS NULL;
            IF bad IS NULL THEN
                more_debit[slot[j]] := more_debit[slot[j]] + debit[j];
                more_credit[slot[j]] := more_credit[slot[j]] + credit[j];
                entries[slot[j]] := entries[slot[j]] + 1;
            ELSE
                posted[slot[j]] := posted[slot[j]] - inflow[j];
                version[slot[j]] := version[slot[j]] - 1;
            END IF;
            gain[slot[j]] := 0;
        END LOOP;
        first_line := i + 1;
    END LOOP;
    lines.balance_after := balance_after;
    lines.account_version := account_version;
    accounts.more_debit := more_debit;
    accounts.more_credit := more_credit;
    accounts.entries := entries;
END
$$;
-- A reversal is the mirror image of a posting that was not reversed before.
CREATE FUNCTION ledger_check_reversal(reversed ledger_ledgertransaction, lines ledger_lines) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    differs boolean;
BEGIN
    WITH mirror AS (SELECT account_id, credit AS debit, debit AS credit FROM ledger_entry
                     WHERE transaction_id = reversed.id AND booked_at = reversed.booked_at),
         given AS (SELECT * FROM unnest(lines.account_id, lines.debit, lines.credit) AS line (account_id, debit, credit))
    SELECT EXISTS (SELECT * FROM mirror EXCEPT ALL SELECT * FROM given) OR EXISTS (SELECT * FROM given EXCEPT ALL SELECT * FROM mirror)
      INTO differs;
    IF differs THEN
        PERFORM ledger_fail('LG015', format('this does not mirror posting %s', reversed.reference),
                            jsonb_build_object('reference', reversed.reference));
    END IF;
END
$$;

-- The posting that another reverses or adjusts. Two reversals of one come one after the other; without the lock the second would fail on
-- a bare unique index.
CREATE FUNCTION ledger_original(wanted text, reversal boolean) RETURNS ledger_ledgertransaction
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    original ledger_ledgertransaction;
BEGIN
    SELECT * INTO original FROM ledger_ledgertransaction WHERE reference = wanted;
    IF NOT FOUND THEN
        PERFORM ledger_fail('LG012', format('there is no posting %s', wanted), jsonb_build_object('reference', wanted));
    END IF;
    IF reversal THEN
        PERFORM pg_advisory_xact_lock(hashtext('ledger_reversal'), hashtext(original.id::text));
        IF EXISTS (SELECT FROM ledger_ledgertransaction WHERE reverses_id = original.id) THEN
            PERFORM ledger_fail('LG016', format('posting %s was reversed already', wanted), jsonb_build_object('reference', wanted));
        END IF;
    END IF;
    RETURN original;
END
$$;

-- What stored posting `stored` and `request` disagree about, in words.
CREATE FUNCTION ledger_difference(stored ledger_ledgertransaction, request jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(ledger_json_difference(before, now), 'hold operations')
      FROM (SELECT jsonb_build_object(
                'kind', stored.kind, 'description', stored.description, 'transaction_id', stored.transaction_id,
                'value_at', stored.value_at, 'settled_at', stored.settled_at, 'forced_kind', stored.forced_kind, 'metadata', stored.metadata,
                'reverses', (SELECT reference FROM ledger_ledgertransaction WHERE id = stored.reverses_id),
                'adjusts', (SELECT reference FROM ledger_ledgertransaction WHERE id = stored.adjusts_id),
                'lines', (SELECT jsonb_agg(jsonb_build_object('account', account.code, 'debit', entry.debit::text,
                                                              'credit', entry.credit::text) ORDER BY entry.ordinal)
                            FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
                           WHERE entry.transaction_id = stored.id AND entry.booked_at = stored.booked_at)),
            jsonb_build_object(
                'kind', request->'kind', 'description', request->'description', 'transaction_id', request->'transaction_id',
                'value_at', (request->>'value_at')::timestamptz, 'settled_at', (request->>'settled_at')::timestamptz,
                'forced_kind', request->'forced_kind', 'metadata', request->'metadata', 'reverses', request->'reverses',
                'adjusts', request->'adjusts', 'lines', request->'lines')) AS versions (before, now)
$$;

-- The id of the posting that already stands under the reference of `posting`, when its content is the same; NULL when there is none.
CREATE FUNCTION ledger_replayed(posting ledger_new_posting, request jsonb) RETURNS uuid
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    stored ledger_ledgertransaction;
BEGIN
    SELECT * INTO stored FROM ledger_ledgertransaction WHERE reference = posting.reference;
    IF FOUND AND stored.content_hash <> posting.content_hash THEN
        PERFORM ledger_fail('LG006', format('posting %s was booked with other content', posting.reference), jsonb_build_object(
            'reference', posting.reference, 'difference', ledger_difference(stored, request)));
    END IF;
    RETURN stored.id;
END
$$;

-- Moves the locked balances, one by one: a join would be planned for more or fewer accounts than there are.
CREATE FUNCTION ledger_move_balances(accounts ledger_guarded) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    more_debit numeric[] := accounts.more_debit;
    more_credit numeric[] := accounts.more_credit;
    more_held numeric[] := accounts.more_held;
BEGIN
    FOR i IN 1..coalesce(cardinality(accounts.account_id), 0) LOOP
        UPDATE ledger_balance
           SET debits = debits + more_debit[i], credits = credits + more_credit[i], held = held + more_held[i],
               version = version + accounts.entries[i]
         WHERE account_id = accounts.account_id[i];
    END LOOP;
END
$$;

-- Moves the guarded balances, and writes postings with their entries in one statement. The caller holds the locks and found no such
-- references; should one have appeared all the same, everything is refused, to be tried again.
CREATE FUNCTION ledger_book(postings ledger_new_posting[], lines ledger_lines, accounts ledger_guarded, correlation text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    this_txid bigint := pg_current_xact_id()::text::bigint;
    this_epoch integer := audit_current_epoch();
    ids uuid[] := ARRAY[postings[1].id];
    written integer;
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
    SELECT count(*) INTO written FROM parent;
    IF written < cardinality(postings) THEN
        PERFORM ledger_fail('LG041', 'a posting of the same reference was booked at the same moment', '{}');
    END IF;
END
$$;

-- {reference, kind, description, transaction_id, value_at, settled_at, reverses, adjusts?, forced_kind, metadata,
--  lines: [{account, debit, credit}], holds: [{op, reference, account?, amount?, expires_at?}], context} -> {"id", "replayed"}
CREATE FUNCTION ledger_post(request jsonb) RETURNS jsonb
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

-- {transaction_id, holds: [{op: place|release|expire, ...}], context}: hold operations without a posting.
CREATE FUNCTION ledger_apply_holds(request jsonb) RETURNS void
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

REVOKE EXECUTE ON FUNCTION ledger_post(jsonb), ledger_apply_holds(jsonb) FROM PUBLIC;
