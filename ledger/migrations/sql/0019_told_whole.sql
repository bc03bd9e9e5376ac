-- What an event of this floor tells is told whole, so that no column of a row can be changed without the trail contradicting it.

-- As before, and the event says how many entries the point counts and when it was made.
CREATE OR REPLACE FUNCTION ledger_carry_forward(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    point timestamptz := (request->>'until')::timestamptz;
    before ledger_carry;
    made ledger_carry;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_carry_forward'));
    IF EXISTS (SELECT FROM ledger_carry WHERE until = point) THEN
        RETURN false;
    END IF;
    SELECT * INTO before FROM ledger_carry ORDER BY until DESC LIMIT 1;
    IF before.until > point THEN
        PERFORM ledger_fail('LG032', format('balances are carried forward to %s already', before.until),
                            jsonb_build_object('moment', point, 'carried', before.until));
    END IF;
    PERFORM ledger_wait_until_closed(point);
    INSERT INTO ledger_carry_balance
    SELECT moved.account_id, point, coalesce(line.debits, 0) + moved.debits, coalesce(line.credits, 0) + moved.credits,
           coalesce(line.entries, 0) + moved.entries, coalesce(line.settled_debits, 0) + moved.settled_debits,
           coalesce(line.settled_credits, 0) + moved.settled_credits, coalesce(line.settled_entries, 0) + moved.settled_entries,
           greatest(line.last_value_at, moved.last_value_at), greatest(line.last_settled_at, moved.last_settled_at)
      FROM (SELECT entry.account_id, sum(entry.debit) AS debits, sum(entry.credit) AS credits, count(*) AS entries,
                   coalesce(sum(entry.debit) FILTER (WHERE posting.settled_at IS NOT NULL), 0) AS settled_debits,
                   coalesce(sum(entry.credit) FILTER (WHERE posting.settled_at IS NOT NULL), 0) AS settled_credits,
                   count(posting.settled_at) AS settled_entries, max(entry.value_at) AS last_value_at, max(posting.settled_at) AS last_settled_at
              FROM ledger_entry AS entry JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
             WHERE entry.booked_at >= coalesce(before.until, '-infinity') AND entry.booked_at < point
               AND posting.booked_at >= coalesce(before.until, '-infinity') AND posting.booked_at < point
             GROUP BY entry.account_id) AS moved
      LEFT JOIN LATERAL (SELECT * FROM ledger_carry_balance AS earlier WHERE earlier.account_id = moved.account_id
                          ORDER BY earlier.until DESC LIMIT 1) AS line ON true;
    INSERT INTO ledger_carry (until, accounts, entries, previous_hash, hash)
    SELECT point, count(*), coalesce(sum(entries), 0), coalesce(before.hash, ''), ledger_carry_hash(point, coalesce(before.hash, ''))
      FROM ledger_carry_balance WHERE until = point
    RETURNING * INTO made;
    PERFORM audit_record(request->'context' || jsonb_build_object(
        'type', 'ledger.balances_carried', 'resource_type', 'carry', 'resource_id', request->>'until',
        'metadata', jsonb_build_object('accounts', made.accounts, 'entries', made.entries, 'made_at', made.made_at,
                                       'sha256', encode(made.hash, 'hex'))));
    RETURN true;
END
$$;

-- What is carried for each account at every point after the archived months, and what the entries say it is: one row where they differ. One
-- pass over the entries, whatever the number of points. What is carried to the end of the archived months is where it begins.
CREATE FUNCTION ledger_carry_contradictions() RETURNS TABLE (until timestamptz, account_id uuid, carried jsonb, booked jsonb)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH since AS (SELECT coalesce(audit_archived_until('ledger_entry'), '-infinity') AS moment),
    point AS (
        SELECT carry.until, row_number() OVER (ORDER BY carry.until)::integer AS n FROM ledger_carry AS carry, since WHERE carry.until > since.moment
    ), moments AS (SELECT coalesce(array_agg(point.until ORDER BY point.n), '{}') AS all_of_them FROM point),
    line AS (
        SELECT kept.account_id, kept.until, kept.debits, kept.credits, kept.entries, kept.settled_debits, kept.settled_credits,
               kept.settled_entries, kept.last_value_at, kept.last_settled_at
          FROM ledger_carry_balance AS kept, since WHERE kept.until > since.moment
    ), base AS (
        SELECT DISTINCT ON (kept.account_id) kept.* FROM ledger_carry_balance AS kept, since
         WHERE kept.until <= since.moment ORDER BY kept.account_id, kept.until DESC
    ), moved AS (
        SELECT entry.account_id, width_bucket(entry.booked_at, moments.all_of_them) + 1 AS n, sum(entry.debit) AS debits,
               sum(entry.credit) AS credits, count(*) AS entries,
               coalesce(sum(entry.debit) FILTER (WHERE posting.settled_at IS NOT NULL), 0) AS settled_debits,
               coalesce(sum(entry.credit) FILTER (WHERE posting.settled_at IS NOT NULL), 0) AS settled_credits,
               count(posting.settled_at) AS settled_entries, max(entry.value_at) AS last_value_at, max(posting.settled_at) AS last_settled_at
          FROM moments, ledger_entry AS entry LEFT JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
         WHERE entry.booked_at < moments.all_of_them[cardinality(moments.all_of_them)]
         GROUP BY entry.account_id, n
    ), told AS (
        SELECT moved.account_id, point.until, coalesce(base.debits, 0) + sum(moved.debits) OVER earlier AS debits,
               coalesce(base.credits, 0) + sum(moved.credits) OVER earlier AS credits,
               coalesce(base.entries, 0) + sum(moved.entries) OVER earlier AS entries,
               coalesce(base.settled_debits, 0) + sum(moved.settled_debits) OVER earlier AS settled_debits,
               coalesce(base.settled_credits, 0) + sum(moved.settled_credits) OVER earlier AS settled_credits,
               coalesce(base.settled_entries, 0) + sum(moved.settled_entries) OVER earlier AS settled_entries,
               greatest(base.last_value_at, max(moved.last_value_at) OVER earlier) AS last_value_at,
               greatest(base.last_settled_at, max(moved.last_settled_at) OVER earlier) AS last_settled_at
          FROM moved JOIN point ON point.n = moved.n LEFT JOIN base ON base.account_id = moved.account_id
        WINDOW earlier AS (PARTITION BY moved.account_id ORDER BY moved.n)
    )
    SELECT coalesce(line.until, told.until), coalesce(line.account_id, told.account_id), to_jsonb(line), to_jsonb(told)
      FROM line FULL JOIN told ON told.account_id = line.account_id AND told.until = line.until
     WHERE (line.debits, line.credits, line.entries, line.settled_debits,
            line.settled_credits, line.settled_entries, line.last_value_at, line.last_settled_at)
           IS DISTINCT FROM
           (told.debits, told.credits, told.entries, told.settled_debits,
            told.settled_credits, told.settled_entries, told.last_value_at, told.last_settled_at)
$$;
REVOKE EXECUTE ON FUNCTION ledger_carry_contradictions() FROM PUBLIC;

-- As before, and the event says by whom and when.
CREATE OR REPLACE FUNCTION ledger_keep_snapshot(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    given bytea := convert_to(request->>'content', 'UTF8');
    kept ledger_snapshot;
BEGIN
    INSERT INTO ledger_snapshot (kind, basis, at, known_at, parameters, content, sha256, taken_by)
    VALUES (request->>'kind', request->>'basis', (request->>'at')::timestamptz, (request->>'known_at')::timestamptz,
            request->'parameters', given, sha256(given), request->>'by')
    ON CONFLICT ON CONSTRAINT ledger_snapshot_is_taken_once DO NOTHING RETURNING * INTO kept;
    IF FOUND THEN
        PERFORM audit_record(request->'context' || jsonb_build_object(
            'type', 'ledger.snapshot_taken', 'resource_type', 'snapshot', 'resource_id', kept.id,
            'metadata', jsonb_build_object('kind', kept.kind, 'basis', kept.basis, 'at', kept.at, 'known_at', kept.known_at,
                                           'parameters', kept.parameters, 'sha256', encode(kept.sha256, 'hex'),
                                           'taken_at', kept.taken_at, 'taken_by', kept.taken_by)));
        RETURN jsonb_build_object('id', kept.id, 'is_new', true);
    END IF;
    SELECT * INTO kept FROM ledger_snapshot
     WHERE kind = request->>'kind' AND basis = request->>'basis' AND at = (request->>'at')::timestamptz
       AND known_at = (request->>'known_at')::timestamptz AND parameters = request->'parameters';
    IF kept.content <> given THEN
        PERFORM ledger_fail('LG033', format('snapshot %s says something else than the books say now', kept.id), jsonb_build_object(
            'snapshot', kept.id, 'kept', encode(kept.sha256, 'hex'), 'now', encode(sha256(given), 'hex')));
    END IF;
    RETURN jsonb_build_object('id', kept.id, 'is_new', false);
END
$$;

-- Whether `kept` can be the time of a row whose event says `told`; events from before they said it have their own time `recorded_at`
-- instead, which comes later in the same transaction.
CREATE FUNCTION ledger_time_is_told(kept timestamptz, told text, recorded_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN told IS NULL THEN kept BETWEEN recorded_at - interval '1 hour' AND recorded_at
                ELSE coalesce(kept = ledger_told_time(told), false) END
$$;
REVOKE EXECUTE ON FUNCTION ledger_time_is_told(timestamptz, text, timestamptz) FROM PUBLIC;

-- Everything that makes an account what it is stays, its floor too: nothing here changes one. `guarded` changes through
-- ledger_set_guarded(), which moves the projection along.
CREATE OR REPLACE FUNCTION ledger_keep_account_identity() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.code, NEW.kind, NEW.type, NEW.asset_id, NEW.owner, NEW.opened_at, NEW.floor)
       IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.type, OLD.asset_id, OLD.owner, OLD.opened_at, OLD.floor)
       OR (NEW.guarded <> OLD.guarded AND current_setting('ledger.switching', true) IS DISTINCT FROM NEW.code) THEN
        RAISE EXCEPTION 'account % keeps what it was opened as: only name, status and, by its command, mode may change', OLD.code
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END
$$;
