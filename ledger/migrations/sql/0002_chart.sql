-- Assets and accounts: opened by function, never deleted, and what makes them what they are never changes.

CREATE FUNCTION ledger_fail(code text, message text, facts jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- Class LG is this ledger's own; ledger.errors gives each code its exception, with the facts of DETAIL.
    RAISE EXCEPTION '%', message USING ERRCODE = code, DETAIL = facts::text;
END
$$;

SELECT audit_guard_table('ledger_asset');
SELECT audit_guard_table('ledger_account', keep_updates => true);

CREATE FUNCTION ledger_keep_account_identity() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.code, NEW.kind, NEW.type, NEW.asset_id, NEW.owner, NEW.guarded, NEW.opened_at)
       IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.type, OLD.asset_id, OLD.owner, OLD.guarded, OLD.opened_at) THEN
        RAISE EXCEPTION 'account % keeps what it was opened as: only name, floor and status may change', OLD.code
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_account_identity BEFORE UPDATE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_account_identity();
ALTER TABLE ledger_account ENABLE ALWAYS TRIGGER keep_account_identity;

-- {id, code, name, kind, exponent, network, contract, context} -> true when it is new. The same again is a no-op.
CREATE FUNCTION ledger_register_asset(request jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stored ledger_asset;
BEGIN
    INSERT INTO ledger_asset (id, code, name, kind, exponent, network, contract)
    VALUES (request->>'id', request->>'code', request->>'name', request->>'kind', (request->>'exponent')::smallint,
            request->>'network', request->>'contract')
    ON CONFLICT (id) DO NOTHING;
    IF FOUND THEN
        PERFORM audit_record(request->'context' || jsonb_build_object(
            'type', 'ledger.asset_registered', 'resource_type', 'asset', 'resource_id', request->>'id', 'metadata', request - 'context'));
        RETURN true;
    END IF;
    SELECT * INTO stored FROM ledger_asset WHERE id = request->>'id';
    IF to_jsonb(stored) IS DISTINCT FROM request - 'context' THEN
        PERFORM ledger_fail('LG006', format('asset %s is registered with other content', stored.id), jsonb_build_object(
            'reference', stored.id, 'difference', ledger_json_difference(to_jsonb(stored), request - 'context')));
    END IF;
    RETURN false;
END
$$;

-- Words for what differs between two flat objects: `exponent: 6 before, 18 now`.
CREATE FUNCTION ledger_json_difference(before jsonb, now jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(format('%s: %s before, %s now', key, coalesce(before->key, 'null'), coalesce(now->key, 'null')), '; ' ORDER BY key)
      FROM (SELECT jsonb_object_keys(before || now) AS key) AS keys
     WHERE before->key IS DISTINCT FROM now->key
$$;

-- {code, name, kind, type, asset_id, owner, guarded, context} -> the account's id. The same again is a no-op.
CREATE FUNCTION ledger_open_account(request jsonb) RETURNS uuid
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
            'type', 'ledger.account_opened', 'resource_type', 'account', 'resource_id', account.code, 'metadata', request - 'context'));
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

-- {code, reason, context}: closes an empty account. Closing it again is a no-op.
CREATE FUNCTION ledger_close_account(request jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account ledger_account;
    money ledger_account_balance;
BEGIN
    -- FOR UPDATE waits for every posting in flight, since each holds a key-share lock on its accounts.
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
    UPDATE ledger_account SET status = 'closed', closed_at = clock_timestamp() WHERE id = account.id;
    PERFORM audit_record(request->'context' || jsonb_build_object('type', 'ledger.account_closed', 'resource_type', 'account',
        'resource_id', account.code, 'reason', request->>'reason', 'diff', '{"status": ["open", "closed"]}'::jsonb));
END
$$;

REVOKE EXECUTE ON FUNCTION ledger_register_asset(jsonb), ledger_open_account(jsonb), ledger_close_account(jsonb) FROM PUBLIC;
