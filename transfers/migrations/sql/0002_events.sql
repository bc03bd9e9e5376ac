-- The events of transfers: partitioned by month of recording, append-only, numbered per transfer without gaps.
CREATE TABLE transfers_event (
    id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    txid bigint NOT NULL,
    transfer_id uuid NOT NULL CONSTRAINT transfers_event_of_a_transfer REFERENCES transfers_transfer (id) DEFERRABLE INITIALLY DEFERRED,
    seq integer NOT NULL CONSTRAINT transfers_event_seq_positive CHECK (seq > 0),
    type text NOT NULL,
    schema_version smallint NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    actor_type text NOT NULL,
    actor_id text NOT NULL CONSTRAINT transfers_event_has_an_actor CHECK (actor_id <> ''),
    person_id uuid,
    credential_id text NOT NULL,
    on_behalf_of text NOT NULL,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    reason text NOT NULL,
    data jsonb NOT NULL,
    status_text text NOT NULL,
    CONSTRAINT transfers_event_pkey PRIMARY KEY (recorded_at, id)
) PARTITION BY RANGE (recorded_at);
CREATE UNIQUE INDEX transfers_event_by_transfer ON transfers_event (transfer_id, seq, recorded_at);
CREATE INDEX transfers_event_newest ON transfers_event (recorded_at DESC, id DESC);

-- An event tells what just happened: the version its transfer stands at, once. Since a version without event cannot be committed (see
-- 0003), an event can only be added in the database transaction of its move.
CREATE FUNCTION transfers_check_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moved record;
BEGIN
    SELECT version, status INTO moved FROM public.transfers_transfer WHERE id = NEW.transfer_id FOR UPDATE;
    IF moved IS NULL OR moved.version <> NEW.seq OR moved.status <> NEW.to_status THEN
        RAISE EXCEPTION 'event % (%) of transfer % is not the move that its row stands at', NEW.seq, NEW.to_status, NEW.transfer_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_event_tells_this_move';
    END IF;
    IF NEW.txid <> pg_current_xact_id()::text::bigint OR NEW.recorded_at NOT BETWEEN transaction_timestamp() AND clock_timestamp() THEN
        RAISE EXCEPTION 'event % of transfer % is stamped with another transaction or time', NEW.seq, NEW.transfer_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_event_stamped_by_database';
    END IF;
    IF EXISTS (SELECT 1 FROM public.transfers_event WHERE transfer_id = NEW.transfer_id AND seq = NEW.seq) THEN
        RAISE EXCEPTION 'transfer % already has its event %', NEW.transfer_id, NEW.seq
            USING ERRCODE = '23505', CONSTRAINT = 'transfers_event_once_per_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_event_check BEFORE INSERT ON transfers_event FOR EACH ROW EXECUTE FUNCTION transfers_check_event();
ALTER TABLE transfers_event ENABLE ALWAYS TRIGGER transfers_event_check;
SELECT audit_ensure_partitions('transfers_event');

CREATE FUNCTION transfers_ensure_event_partitions() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT public.audit_ensure_partitions('public.transfers_event')
$$;

-- The only door for processes: the database stamps id order, time and transaction itself.
CREATE FUNCTION transfers_record_event(event jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    new_id uuid := (event ->> 'id')::uuid;
BEGIN
    INSERT INTO public.transfers_event (
        id, recorded_at, occurred_at, txid, transfer_id, seq, type, schema_version, from_status, to_status, actor_type, actor_id, person_id,
        credential_id, on_behalf_of, correlation_id, causation_id, reason, data, status_text
    ) VALUES (
        new_id, clock_timestamp(), (event ->> 'occurred_at')::timestamptz, pg_current_xact_id()::text::bigint,
        (event ->> 'transfer_id')::uuid, (event ->> 'seq')::integer, event ->> 'type', 1, event ->> 'from_status', event ->> 'to_status',
        event ->> 'actor_type', event ->> 'actor_id', (event ->> 'person_id')::uuid, event ->> 'credential_id', event ->> 'on_behalf_of',
        event ->> 'correlation_id', event ->> 'causation_id', event ->> 'reason', event -> 'data', event ->> 'status_text'
    );
    RETURN new_id;
END $$;
REVOKE ALL ON FUNCTION transfers_record_event(jsonb), transfers_ensure_event_partitions() FROM PUBLIC;
