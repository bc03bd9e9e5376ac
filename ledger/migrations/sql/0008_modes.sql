-- An account is guarded or only collects. Which of the two is configuration: it may be switched while postings go on.

-- Everything that makes an account what it is stays; `guarded` changes through ledger_set_guarded(), which moves the projection along.
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

-- {code, guarded, reason, context} -> true when the mode changed.
-- To guarded: what was collected since the checkpoint goes into the row, which then is the balance; the row remembers this transaction.
-- To collecting: the row is the checkpoint. It must not lie before an open transaction older than the switch to guarded, whose entries
-- would fall behind it: then it is too soon.
CREATE FUNCTION ledger_set_guarded(request jsonb) RETURNS boolean
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
REVOKE EXECUTE ON FUNCTION ledger_set_guarded(jsonb) FROM PUBLIC;
