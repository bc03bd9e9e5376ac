-- Whoever is paid hears of it: when an internal transfer has arrived, its receiver gets an event of its own beside the sender's, put here
-- by the database like every other. It bears the receiver's words and the same number, and nothing that is the sender's.
CREATE OR REPLACE FUNCTION transfers_put_in_outbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.transfers_outboxevent (
        id, transfer_id, client_id, type, seq, from_status, to_status, status_text, correlation_id, occurred_at, recorded_at, epoch, txid
    )
    SELECT NEW.id, NEW.transfer_id, transfer.client_id, NEW.type, NEW.seq, NEW.from_status, NEW.to_status, NEW.status_text,
           NEW.correlation_id, NEW.occurred_at, NEW.recorded_at, public.audit_current_epoch(), NEW.txid
      FROM public.transfers_transfer AS transfer WHERE transfer.id = NEW.transfer_id;
    IF NEW.type = 'transfer.confirmed' THEN
        INSERT INTO public.transfers_outboxevent (
            id, transfer_id, client_id, type, seq, from_status, to_status, status_text, correlation_id, occurred_at, recorded_at, epoch,
            txid
        )
        SELECT public.audit_new_id(), NEW.transfer_id, transfer.receiver_id, 'incoming_transfer.received', NEW.seq, '', NEW.to_status,
               'Another client has paid you. The amount is in your balance.', NEW.transfer_id::text, NEW.occurred_at, NEW.recorded_at,
               public.audit_current_epoch(), NEW.txid
          FROM public.transfers_transfer AS transfer WHERE transfer.id = NEW.transfer_id AND transfer.receiver_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
