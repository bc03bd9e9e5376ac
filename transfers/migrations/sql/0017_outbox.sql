-- Every event of a transfer is put into the outbox by the database itself, in the same transaction: whoever writes the event, there is
-- never one without the other.
CREATE FUNCTION transfers_put_in_outbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.transfers_outboxevent (
        id, transfer_id, client_id, type, seq, from_status, to_status, status_text, correlation_id, occurred_at, recorded_at, epoch, txid
    )
    SELECT NEW.id, NEW.transfer_id, transfer.client_id, NEW.type, NEW.seq, NEW.from_status, NEW.to_status, NEW.status_text,
           NEW.correlation_id, NEW.occurred_at, NEW.recorded_at, public.audit_current_epoch(), NEW.txid
      FROM public.transfers_transfer AS transfer WHERE transfer.id = NEW.transfer_id;
    RETURN NULL;
END $$;

-- What was recorded before there was an outbox is listed too, as of an epoch before all others, and told to nobody.
INSERT INTO transfers_outboxevent (
    id, transfer_id, client_id, type, seq, from_status, to_status, status_text, correlation_id, occurred_at, recorded_at, epoch, txid,
    dispatched_at
)
SELECT event.id, event.transfer_id, transfer.client_id, event.type, event.seq, event.from_status, event.to_status, event.status_text,
       event.correlation_id, event.occurred_at, event.recorded_at, 0, event.txid, clock_timestamp()
  FROM transfers_event AS event JOIN transfers_transfer AS transfer ON transfer.id = event.transfer_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

CREATE TRIGGER transfers_event_outbox AFTER INSERT ON transfers_event FOR EACH ROW EXECUTE FUNCTION transfers_put_in_outbox();
ALTER TABLE transfers_event ENABLE ALWAYS TRIGGER transfers_event_outbox;

-- Nothing else puts anything in: a row that is typed would be an event that never happened.
CREATE FUNCTION transfers_check_outbox() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the outbox takes nothing but the events of transfers'
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_outbox_comes_with_its_event';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body THEN
        RAISE EXCEPTION 'what was told of event % is not rewritten', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_outbox_body_written_once';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.dispatched_at IS NOT NULL AND NEW.dispatched_at IS DISTINCT FROM OLD.dispatched_at THEN
        RAISE EXCEPTION 'event % is dispatched already', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_outbox_dispatched_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_outboxevent_check BEFORE INSERT OR UPDATE ON transfers_outboxevent
    FOR EACH ROW EXECUTE FUNCTION transfers_check_outbox();
CREATE TRIGGER transfers_outboxevent_keep BEFORE UPDATE ON transfers_outboxevent
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_outbox_event_never_changes', 'body', 'dispatched_at');

-- An address keeps its client and its URL for life, and is never un-removed: the messages that went there stay explained.
CREATE FUNCTION transfers_check_endpoint() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.deleted_at IS NOT NULL AND (NEW.deleted_at IS DISTINCT FROM OLD.deleted_at OR NEW.status <> OLD.status) THEN
        RAISE EXCEPTION 'webhook endpoint % is removed for good', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_webhook_removed_for_good';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_webhookendpoint_check BEFORE UPDATE ON transfers_webhookendpoint
    FOR EACH ROW EXECUTE FUNCTION transfers_check_endpoint();
CREATE TRIGGER transfers_webhookendpoint_keep BEFORE UPDATE ON transfers_webhookendpoint
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_webhook_address_never_changes', 'events', 'status', 'disabled_by', 'disabled_at', 'deleted_at', 'failing_since',
        'failures', 'paused_until', 'succeeded_at');
CREATE TRIGGER transfers_webhooksecret_keep BEFORE UPDATE ON transfers_webhooksecret
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_webhook_secret_never_changes', 'expires_at');

-- A delivery belongs to the client whose event it is, whoever inserts it; what was taken stays taken unless it is started over.
CREATE FUNCTION transfers_check_delivery() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT 1 FROM public.transfers_outboxevent AS event JOIN public.transfers_webhookendpoint AS endpoint
            ON endpoint.client_id = event.client_id
        WHERE event.id = NEW.event_id AND endpoint.id = NEW.endpoint_id
    ) THEN
        RAISE EXCEPTION 'event % is not of the client whose address % is', NEW.event_id, NEW.endpoint_id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_webhook_goes_to_its_client';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.fence < OLD.fence OR NEW.attempts < OLD.attempts) THEN
        RAISE EXCEPTION 'delivery % counts back', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_webhook_delivery_only_counts_up';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_webhookdelivery_check BEFORE INSERT OR UPDATE ON transfers_webhookdelivery
    FOR EACH ROW EXECUTE FUNCTION transfers_check_delivery();
CREATE TRIGGER transfers_webhookdelivery_keep BEFORE UPDATE ON transfers_webhookdelivery
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_webhook_delivery_never_changes', 'state', 'attempts', 'tries', 'next_try_at', 'lease_until', 'fence', 'delivered_at',
        'last_status', 'last_error');

SELECT audit_guard_table('transfers_outboxevent', true);
SELECT audit_guard_table('transfers_webhookendpoint', true);
SELECT audit_guard_table('transfers_webhooksecret', true);
SELECT audit_guard_table('transfers_webhookdelivery', true);
SELECT audit_guard_table('transfers_webhookattempt');
ALTER TABLE transfers_outboxevent ENABLE ALWAYS TRIGGER transfers_outboxevent_check;
ALTER TABLE transfers_outboxevent ENABLE ALWAYS TRIGGER transfers_outboxevent_keep;
ALTER TABLE transfers_webhookendpoint ENABLE ALWAYS TRIGGER transfers_webhookendpoint_check;
ALTER TABLE transfers_webhookendpoint ENABLE ALWAYS TRIGGER transfers_webhookendpoint_keep;
ALTER TABLE transfers_webhooksecret ENABLE ALWAYS TRIGGER transfers_webhooksecret_keep;
ALTER TABLE transfers_webhookdelivery ENABLE ALWAYS TRIGGER transfers_webhookdelivery_check;
ALTER TABLE transfers_webhookdelivery ENABLE ALWAYS TRIGGER transfers_webhookdelivery_keep;
