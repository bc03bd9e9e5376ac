-- What proofs need to hold the books against the audit trail.

-- Holds that were placed or ended lately. Ends are written into old rows, yet near the end of the table or soon after the beginning.
CREATE INDEX ledger_hold_placed_at ON ledger_hold USING brin (placed_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ledger_hold_ended_at ON ledger_hold USING brin (ended_at) WITH (pages_per_range = 16, autosummarize = on);

-- The events of transactions after `since_txid` of `since_epoch`.
CREATE FUNCTION ledger_events_after(since_epoch integer, since_txid bigint) RETURNS SETOF audit_event
LANGUAGE sql STABLE AS $$
    SELECT * FROM audit_event WHERE cluster_epoch = since_epoch AND txid > since_txid OR cluster_epoch > since_epoch
$$;

-- A time as an event tells it; null when it is none, for a forged event must not keep the proof from running.
CREATE FUNCTION ledger_told_time(told text) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN told ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T\d{2}:\d{2}' THEN told::timestamptz END
$$;

-- Lines as an event tells them, with amounts spelled as the book spells them: a request may have written 007.
CREATE FUNCTION ledger_told_lines(told jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT jsonb_agg(jsonb_build_object('account', line->'account',
                                        'debit', CASE WHEN line->>'debit' ~ '^\d{1,78}$' THEN (line->>'debit')::numeric::text END,
                                        'credit', CASE WHEN line->>'credit' ~ '^\d{1,78}$' THEN (line->>'credit')::numeric::text END)
                     ORDER BY position)
      FROM jsonb_array_elements(CASE jsonb_typeof(told) WHEN 'array' THEN told ELSE '[]' END) WITH ORDINALITY AS element (line, position)
$$;
REVOKE EXECUTE ON FUNCTION ledger_events_after(integer, bigint), ledger_told_time(text), ledger_told_lines(jsonb) FROM PUBLIC;

-- As before, and an account that collected for a while and is guarded now: what it collected has no version, so a checkpoint that has
-- guarded entries beyond it stops before what was collected too.
CREATE OR REPLACE FUNCTION ledger_proof_horizon(OUT epoch integer, OUT txid bigint, OUT entries bigint)
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
            ON below.account_id = beyond.account_id
           AND (below.account_version > beyond.version OR below.balance_after IS NULL)
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

-- {full, started_at, since, checkpoint: {epoch, txid} or null, broken: [proof], results: [...], context} -> {"run", "checkpoint"}. Keeps a run that
-- has just ended, and the checkpoint it asks for. That proofs do not hold is an event of its own whenever they are others than before.
CREATE OR REPLACE FUNCTION ledger_record_proof(request jsonb) RETURNS jsonb
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
    number := coalesce((SELECT max(run.number) FROM ledger_proof_run AS run), 0) + 1;
    -- A full run finds what others cannot, and they what it had not run for: each is compared with its like.
    SELECT run.broken INTO before FROM ledger_proof_run AS run WHERE run.is_full = (request->>'full')::boolean
     ORDER BY run.number DESC LIMIT 1;
    INSERT INTO ledger_proof_run (number, is_full, started_at, ended_at, since_id, taken_id, broken, results)
    VALUES (number, (request->>'full')::boolean, (request->>'started_at')::timestamptz, clock_timestamp(), since, taken, request->'broken',
            request->'results');
    IF request->'broken' <> '[]' AND request->'broken' IS DISTINCT FROM before THEN
        PERFORM audit_record(request->'context' || jsonb_build_object(
            'type', 'ledger.proof_broken', 'resource_type', 'proof_run', 'resource_id', number::text,
            'metadata', jsonb_build_object('broken', request->'broken', 'since', since)));
    END IF;
    RETURN jsonb_build_object('run', number, 'checkpoint', taken);
END
$$;
