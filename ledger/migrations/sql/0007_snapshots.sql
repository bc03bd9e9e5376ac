-- Snapshots for regulators: bytes of what the books said as of a moment, kept for ever with their hash. Only moments that are over for good
-- are taken, so the same question gives the same bytes again; when it does not, the books were changed behind the snapshot's back.

CREATE TABLE ledger_snapshot (
    id uuid PRIMARY KEY DEFAULT audit_new_id(),
    kind text NOT NULL CONSTRAINT ledger_snapshot_kind_is_known CHECK (kind IN ('balances', 'trial_balance', 'statement')),
    basis text NOT NULL CONSTRAINT ledger_snapshot_basis_is_known CHECK (basis IN ('booked_at', 'value_at', 'settled_at')),
    at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    parameters jsonb NOT NULL,
    content bytea NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT ledger_snapshot_hash_is_of_its_content CHECK (sha256 = sha256(content)),
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_by text NOT NULL CONSTRAINT ledger_snapshot_was_taken_by_somebody CHECK (taken_by <> ''),
    CONSTRAINT ledger_snapshot_is_taken_once UNIQUE (kind, basis, at, known_at, parameters),
    CONSTRAINT ledger_snapshot_by_booking_knows_its_moment CHECK (basis <> 'booked_at' OR known_at = at),
    CONSTRAINT ledger_snapshot_was_taken_afterwards CHECK (known_at <= taken_at)
);
SELECT audit_guard_table('ledger_snapshot');

-- Roles ask for it before they read what they will keep.
ALTER FUNCTION ledger_wait_until_closed(timestamptz, interval) SECURITY DEFINER;

-- {kind, basis, at, known_at, parameters, content, by, context} -> {"id", "is_new"}. Taken before: the same bytes are a no-op, others LG033.
CREATE FUNCTION ledger_keep_snapshot(request jsonb) RETURNS jsonb
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
REVOKE EXECUTE ON FUNCTION ledger_keep_snapshot(jsonb) FROM PUBLIC;
