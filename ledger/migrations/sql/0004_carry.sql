-- Balances carried forward: what each account held when a moment was over that nothing can be booked before any more. As-of balances and
-- statements start from there instead of from the first entry, and stand on it alone once a month's entries are archived.

CREATE TABLE ledger_carry (
    until timestamptz PRIMARY KEY,
    accounts integer NOT NULL,
    entries bigint NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL CONSTRAINT ledger_carry_has_a_sha256 CHECK (length(hash) = 32),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Totals since the account was opened, by booking time, of the accounts that moved since the point before. `settled_*` count what the
-- outside has confirmed. The latest value and settlement times say from when on all of it counts by those times too.
CREATE TABLE ledger_carry_balance (
    account_id uuid NOT NULL REFERENCES ledger_account (id),
    until timestamptz NOT NULL REFERENCES ledger_carry (until) DEFERRABLE INITIALLY DEFERRED,
    debits numeric(78, 0) NOT NULL,
    credits numeric(78, 0) NOT NULL,
    entries bigint NOT NULL,
    settled_debits numeric(78, 0) NOT NULL,
    settled_credits numeric(78, 0) NOT NULL,
    settled_entries bigint NOT NULL,
    last_value_at timestamptz NOT NULL,
    last_settled_at timestamptz,
    PRIMARY KEY (account_id, until)
);
CREATE INDEX ledger_carry_balance_by_point ON ledger_carry_balance (until);
SELECT audit_guard_table('ledger_carry');
SELECT audit_guard_table('ledger_carry_balance');

-- Both grow in the order of time, so a summary of each block range finds a month at next to no cost for the posting that adds to it.
CREATE INDEX ledger_transaction_booked ON ledger_ledgertransaction USING brin (booked_at) WITH (pages_per_range = 32);
CREATE INDEX ledger_entry_valued ON ledger_entry USING brin (value_at) WITH (pages_per_range = 32);

-- Returns once no posting can appear any more that was booked before `moment`.
-- A posting takes its booking time while it holds the row-exclusive lock on its table, and loses the lock only after its commit can be
-- seen. So whoever took a time before `moment` either holds that lock now or is visible to the next statement; whoever comes later has a
-- later time. Nobody is locked out: only transactions already in flight are waited for. LG031 when one outlasts `patience`.
CREATE FUNCTION ledger_wait_until_closed(moment timestamptz, patience interval DEFAULT '5 seconds') RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    deadline timestamptz := clock_timestamp() + patience;
    in_flight text[];
BEGIN
    IF moment > clock_timestamp() THEN
        PERFORM ledger_fail('LG030', format('%s is not over yet', moment), jsonb_build_object('moment', moment));
    ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a transaction of one snapshot cannot see what ends while it waits' USING ERRCODE = '25001';
    END IF;
    in_flight := ledger_postings_in_flight();
    WHILE in_flight <> '{}' LOOP
        IF clock_timestamp() > deadline THEN
            PERFORM ledger_fail('LG031', format('a posting begun before %s is still open', moment), jsonb_build_object('moment', moment));
        END IF;
        PERFORM pg_sleep(0.005);
        in_flight := ARRAY(SELECT unnest(in_flight) INTERSECT SELECT unnest(ledger_postings_in_flight()));
    END LOOP;
END
$$;

-- The other transactions of this database that have begun to post and not ended.
CREATE FUNCTION ledger_postings_in_flight() RETURNS text[]
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT virtualtransaction FROM pg_locks
                  WHERE locktype = 'relation' AND relation = 'ledger_ledgertransaction'::regclass AND mode = 'RowExclusiveLock' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND pid IS DISTINCT FROM pg_backend_pid())
$$;

-- The text whose SHA-256 (behind the hash of the point before) a point carries: one line per account, by code.
CREATE FUNCTION ledger_carry_text(point timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(string_agg(concat_ws(E'\t', account.code, line.debits, line.credits, line.entries, line.settled_debits,
                                         line.settled_credits, line.settled_entries, to_char(line.last_value_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                                         coalesce(to_char(line.last_settled_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '-')),
                               E'\n' ORDER BY account.code COLLATE "C"), '')
      FROM ledger_carry_balance AS line JOIN ledger_account AS account ON account.id = line.account_id
     WHERE line.until = point
$$;

CREATE FUNCTION ledger_carry_hash(point timestamptz, previous bytea) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT sha256(previous || convert_to(to_char(point, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || E'\n' || ledger_carry_text(point), 'UTF8'))
$$;

-- {until, context} -> true when the point is new, false when it was there. Points are made in the order of time.
CREATE FUNCTION ledger_carry_forward(request jsonb) RETURNS boolean
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
REVOKE EXECUTE ON FUNCTION ledger_carry_forward(jsonb), ledger_wait_until_closed(timestamptz, interval), ledger_postings_in_flight(),
    ledger_carry_text(timestamptz), ledger_carry_hash(timestamptz, bytea) FROM PUBLIC;
