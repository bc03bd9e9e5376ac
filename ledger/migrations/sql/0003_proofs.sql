-- What is kept of proofs. A proof over ten million entries goes on from where an earlier one left off: a checkpoint keeps the sums of every
-- account up to a transaction horizon, written by the database from the entries themselves, with an audit event that repeats them.
SELECT audit_guard_table('ledger_proof_checkpoint');
SELECT audit_guard_table('ledger_proof_sum');
SELECT audit_guard_table('ledger_proof_run');

-- Entries and postings beyond a checkpoint are found by transaction id. The ids of neighbours in the table are neighbours, so a BRIN index
-- is enough, and costs a posting next to nothing.
CREATE INDEX ledger_entry_by_txid ON ledger_entry USING brin (cluster_epoch, txid) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ledger_transaction_by_txid ON ledger_ledgertransaction USING brin (cluster_epoch, created_txid)
    WITH (pages_per_range = 16, autosummarize = on);
-- The holds that are open are few beside all that ever were.
CREATE INDEX ledger_hold_placed ON ledger_hold (account_id) WHERE status = 'placed';

-- How many entries fell into the default partition. Nobody but the owner may look into a partition.
CREATE FUNCTION ledger_stranded_entries() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT count(*) FROM ledger_entry_default $$;

-- What came after transaction `since_txid` of `since_epoch`. Two plain comparisons each, for a BRIN index knows no row comparison.
CREATE FUNCTION ledger_entries_after(since_epoch integer, since_txid bigint) RETURNS SETOF ledger_entry
LANGUAGE sql STABLE AS $$
    SELECT * FROM ledger_entry WHERE cluster_epoch = since_epoch AND txid > since_txid OR cluster_epoch > since_epoch
$$;
CREATE FUNCTION ledger_postings_after(since_epoch integer, since_txid bigint) RETURNS SETOF ledger_ledgertransaction
LANGUAGE sql STABLE AS $$
    SELECT * FROM ledger_ledgertransaction
     WHERE cluster_epoch = since_epoch AND created_txid > since_txid OR cluster_epoch > since_epoch
$$;

-- The sums of every account that had entries at checkpoint `upto`; nothing for 0.
CREATE FUNCTION ledger_proved_sums(upto bigint)
RETURNS TABLE (account_id uuid, debits numeric, credits numeric, entries bigint)
LANGUAGE sql STABLE AS $$
    SELECT account.id, proved.debits, proved.credits, proved.entries
      FROM ledger_account AS account
     CROSS JOIN LATERAL (
           SELECT kept.debits, kept.credits, kept.entries FROM ledger_proof_sum AS kept
            WHERE kept.account_id = account.id AND kept.checkpoint_id <= upto
            ORDER BY kept.checkpoint_id DESC LIMIT 1) AS proved
$$;

CREATE FUNCTION ledger_proved_digest(upto bigint) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(coalesce(string_agg(format('%s %s %s %s', account_id, debits, credits, entries), E'\n' ORDER BY account_id),
                                      ''), 'UTF8'))
      FROM ledger_proved_sums(upto)
$$;

-- How far a checkpoint may reach now, and how many entries have come since the last one: every transaction up to `txid` has ended, so
-- nothing can still appear there. A transaction may take its id early and its turn on a guarded account late; then its entries follow ones
-- that lie beyond the horizon, and the checkpoint stops before it: what a checkpoint holds of a guarded account has no gap.
CREATE FUNCTION ledger_proof_horizon(OUT epoch integer, OUT txid bigint, OUT entries bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since ledger_proof_checkpoint;
    early record;
BEGIN
    SELECT * INTO since FROM ledger_proof_checkpoint ORDER BY number DESC LIMIT 1;
    since.as_of_epoch := coalesce(since.as_of_epoch, 0);
    since.as_of_txid := coalesce(since.as_of_txid, 0);
    epoch := audit_current_epoch();
    txid := pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1;
    LOOP
        SELECT below.cluster_epoch, below.txid INTO early
          FROM (SELECT entry.account_id, min(entry.account_version) AS version
                  FROM ledger_entries_after(ledger_proof_horizon.epoch, ledger_proof_horizon.txid) AS entry
                 WHERE entry.balance_after IS NOT NULL GROUP BY entry.account_id) AS beyond
          JOIN ledger_entries_after(since.as_of_epoch, since.as_of_txid) AS below
            ON below.account_id = beyond.account_id AND below.account_version > beyond.version
         WHERE (below.cluster_epoch, below.txid) <= (ledger_proof_horizon.epoch, ledger_proof_horizon.txid)
         ORDER BY below.cluster_epoch, below.txid LIMIT 1;
        EXIT WHEN NOT FOUND;
        epoch := early.cluster_epoch;
        txid := early.txid - 1;
    END LOOP;
    SELECT count(*) INTO entries FROM ledger_entries_after(since.as_of_epoch, since.as_of_txid) AS entry
     WHERE (entry.cluster_epoch, entry.txid) <= (ledger_proof_horizon.epoch, ledger_proof_horizon.txid);
END
$$;

-- Takes the checkpoint at `epoch`, `txid` from the one numbered `since`, or from the first entry when that is null. Returns its number;
-- null when another run has taken one meanwhile, or nothing has come since.
CREATE FUNCTION ledger_take_proof_checkpoint(since bigint, epoch integer, txid bigint, context jsonb) RETURNS bigint
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
                                       'digest', encode(taken.digest, 'hex'), 'since', since, 'assets', assets)));
    RETURN taken.number;
END
$$;

-- {started_at, since, checkpoint: {epoch, txid} or null, broken: [proof], results: [...], context} -> {"run", "checkpoint"}. Keeps a run that
-- has just ended, and the checkpoint it asks for. That proofs do not hold is an event of its own whenever they are others than before.
CREATE FUNCTION ledger_record_proof(request jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since bigint := (request->>'since')::bigint;
    before jsonb;
    number bigint;
    taken bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_record_proof'));
    IF jsonb_typeof(request->'checkpoint') = 'object' THEN
        taken := ledger_take_proof_checkpoint(since, (request->'checkpoint'->>'epoch')::integer, (request->'checkpoint'->>'txid')::bigint,
                                              request->'context');
    END IF;
    SELECT run.number, run.broken INTO number, before FROM ledger_proof_run AS run ORDER BY run.number DESC LIMIT 1;
    number := coalesce(number, 0) + 1;
    INSERT INTO ledger_proof_run (number, is_full, started_at, ended_at, since_id, taken_id, broken, results)
    VALUES (number, since IS NULL, (request->>'started_at')::timestamptz, clock_timestamp(), since, taken, request->'broken',
            request->'results');
    IF request->'broken' <> '[]' AND request->'broken' IS DISTINCT FROM before THEN
        PERFORM audit_record(request->'context' || jsonb_build_object(
            'type', 'ledger.proof_broken', 'resource_type', 'proof_run', 'resource_id', number::text,
            'metadata', jsonb_build_object('broken', request->'broken', 'since', since)));
    END IF;
    RETURN jsonb_build_object('run', number, 'checkpoint', taken);
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_record_proof(jsonb), ledger_take_proof_checkpoint(bigint, integer, bigint, jsonb),
    ledger_proof_horizon(), ledger_proved_digest(bigint), ledger_proved_sums(bigint),
    ledger_entries_after(integer, bigint), ledger_postings_after(integer, bigint), ledger_stranded_entries() FROM PUBLIC;
