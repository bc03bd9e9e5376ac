-- The audit trail. audit_record() is the only way in that a role is given; the trigger stamps what even the owner may not claim.

CREATE TABLE audit_event (
    id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    txid bigint NOT NULL,
    cluster_epoch integer NOT NULL,
    db_user text NOT NULL,
    schema_version smallint NOT NULL,
    type text NOT NULL,
    outcome text NOT NULL,
    actor_type text NOT NULL,
    actor_id text NOT NULL,
    person_id uuid,
    credential_id text NOT NULL,
    on_behalf_of text NOT NULL,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    request_id text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    transaction_id uuid,
    occurred_at timestamptz NOT NULL,
    reason text NOT NULL,
    diff jsonb NOT NULL,
    metadata jsonb NOT NULL,
    status_text text NOT NULL,
    PRIMARY KEY (recorded_at, id),
    CONSTRAINT audit_event_outcome_is_known CHECK (outcome IN ('succeeded', 'refused', 'failed')),
    CONSTRAINT audit_event_actor_type_is_known CHECK (actor_type IN ('end_user', 'api_client', 'operator', 'system')),
    CONSTRAINT audit_event_is_never_anonymous CHECK (actor_id <> '' AND correlation_id <> ''),
    CONSTRAINT audit_event_says_what_and_on_what CHECK (type <> '' AND resource_type <> '' AND resource_id <> ''),
    CONSTRAINT audit_event_refusal_has_a_reason CHECK (outcome <> 'refused' OR reason <> '')
) PARTITION BY RANGE (recorded_at);

CREATE INDEX audit_event_by_resource ON audit_event (resource_type, resource_id, recorded_at, id);
CREATE INDEX audit_event_by_actor ON audit_event (actor_id, recorded_at, id);
CREATE INDEX audit_event_by_type ON audit_event (type, recorded_at, id);
CREATE INDEX audit_event_by_correlation ON audit_event (correlation_id, recorded_at, id);
CREATE INDEX audit_event_by_transaction ON audit_event (transaction_id, recorded_at, id) WHERE transaction_id IS NOT NULL;
CREATE INDEX audit_event_in_commit_horizon_order ON audit_event (cluster_epoch, txid);

CREATE FUNCTION audit_stamp_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.recorded_at NOT BETWEEN transaction_timestamp() AND clock_timestamp() THEN
        RAISE EXCEPTION 'an audit event is recorded now, not at %', NEW.recorded_at USING ERRCODE = '23514',
            HINT = 'Write it with audit_record(), which takes the time itself.';
    END IF;
    NEW.txid := pg_current_xact_id()::text::bigint;
    NEW.cluster_epoch := audit_current_epoch();
    NEW.db_user := session_user;
    RETURN NEW;
END
$$;
CREATE TRIGGER stamp_event BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_stamp_event();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER stamp_event;

SELECT audit_ensure_partitions('audit_event');

-- What the application calls regularly; the caller needs no right on the tables.
CREATE FUNCTION audit_ensure_event_partitions() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_ensure_partitions('audit_event')
$$;

-- Records one event in the caller's transaction and returns its id. Id, time, transaction id, epoch and database user are the
-- database's own, whatever `event` says of them.
CREATE FUNCTION audit_record(event jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    new_id uuid := audit_new_id();
BEGIN
    INSERT INTO audit_event (
        id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, actor_id, person_id, credential_id,
        on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id, transaction_id, occurred_at, reason, diff,
        metadata, status_text)
    VALUES (
        new_id, clock_timestamp(), 0, 0, '', coalesce((event->>'schema_version')::smallint, 1), event->>'type',
        coalesce(event->>'outcome', 'succeeded'), event->>'actor_type', event->>'actor_id', (event->>'person_id')::uuid,
        coalesce(event->>'credential_id', ''), coalesce(event->>'on_behalf_of', ''), event->>'correlation_id',
        coalesce(event->>'causation_id', ''), coalesce(event->>'request_id', ''), event->>'resource_type', event->>'resource_id',
        (event->>'transaction_id')::uuid, (event->>'occurred_at')::timestamptz, coalesce(event->>'reason', ''),
        coalesce(event->'diff', '{}'), coalesce(event->'metadata', '{}'), coalesce(event->>'status_text', ''));
    RETURN new_id;
END
$$;

REVOKE EXECUTE ON FUNCTION audit_record(jsonb), audit_ensure_event_partitions(), audit_ensure_epoch(), audit_current_epoch(),
    audit_guard_table(regclass, boolean), audit_ensure_partitions(regclass, integer, boolean) FROM PUBLIC;
