-- Events of many transfers in one statement, each with its audit event: what transfers_record_event() and audit_record() do for one.
-- `shared` is what all have in common: the envelope, type, from_status, to_status, status_text. Each of `moves` adds transfer_id, seq,
-- reference, correlation_id, and reason and data where there are any; `row` joins the data of the event, and no audit event.
CREATE OR REPLACE FUNCTION transfers_record_moves(shared jsonb, moves jsonb[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.transfers_event (
        id, recorded_at, occurred_at, txid, transfer_id, seq, type, schema_version, from_status, to_status, actor_type, actor_id, person_id,
        credential_id, on_behalf_of, correlation_id, causation_id, reason, data, status_text
    )
    SELECT public.audit_new_id(), clock_timestamp(), (shared ->> 'occurred_at')::timestamptz, pg_current_xact_id()::text::bigint,
           (move ->> 'transfer_id')::uuid, (move ->> 'seq')::integer, shared ->> 'type', 1, shared ->> 'from_status',
           shared ->> 'to_status', shared ->> 'actor_type', shared ->> 'actor_id', (shared ->> 'person_id')::uuid,
           shared ->> 'credential_id', shared ->> 'on_behalf_of', move ->> 'correlation_id', shared ->> 'causation_id',
           coalesce(move ->> 'reason', ''), coalesce(move -> 'data', '{}') || coalesce(move -> 'row', '{}'), shared ->> 'status_text'
      FROM unnest(moves) AS move;
    PERFORM public.audit_record_all(
        (shared - 'from_status' - 'to_status') || '{"resource_type": "transfer"}',
        ARRAY(
            SELECT jsonb_build_object(
                       'resource_id', move ->> 'transfer_id', 'transaction_id', move ->> 'transfer_id',
                       'reason', coalesce(move ->> 'reason', ''),
                       'diff', CASE WHEN shared ->> 'from_status' = shared ->> 'to_status' THEN '{}'
                                    ELSE jsonb_build_object('status', jsonb_build_array(shared -> 'from_status', shared -> 'to_status')) END
                               || jsonb_build_object('version', jsonb_build_array((move ->> 'seq')::integer - 1, move -> 'seq')),
                       'metadata', jsonb_build_object('reference', move -> 'reference') || coalesce(move -> 'data', '{}'))
              FROM unnest(moves) AS move));
END $$;
