ALTER TABLE audit_event
    ADD CONSTRAINT audit_event_outcome_is_known CHECK (outcome IN ('succeeded', 'refused', 'failed')),
    ADD CONSTRAINT audit_event_actor_type_is_known CHECK (actor_type IN ('end_user', 'api_client', 'operator', 'system')),
    ADD CONSTRAINT audit_event_is_never_anonymous CHECK (actor_id <> '' AND correlation_id <> ''),
    ADD CONSTRAINT audit_event_says_what_and_on_what CHECK (type <> '' AND resource_type <> '' AND resource_id <> ''),
    ADD CONSTRAINT audit_event_refusal_has_a_reason CHECK (outcome <> 'refused' OR reason <> '');
CREATE OR REPLACE FUNCTION audit_stamp_event() RETURNS trigger
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
