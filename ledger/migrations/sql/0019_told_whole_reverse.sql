DROP FUNCTION ledger_carry_contradictions();
DROP FUNCTION ledger_time_is_told(timestamptz, text, timestamptz);
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
        'metadata', jsonb_build_object('accounts', made.accounts, 'sha256', encode(made.hash, 'hex'))));
    RETURN true;
END
$$;
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
                                           'parameters', kept.parameters, 'sha256', encode(kept.sha256, 'hex'))));
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
CREATE OR REPLACE FUNCTION ledger_keep_account_identity() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.code, NEW.kind, NEW.type, NEW.asset_id, NEW.owner, NEW.opened_at)
       IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.type, OLD.asset_id, OLD.owner, OLD.opened_at)
       OR (NEW.guarded <> OLD.guarded AND current_setting('ledger.switching', true) IS DISTINCT FROM NEW.code) THEN
        RAISE EXCEPTION 'account % keeps what it was opened as: only name, floor, status and, by its command, mode may change', OLD.code
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END
$$;
