CREATE OR REPLACE FUNCTION transfers_put_in_outbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.transfers_outboxevent (
        id, transfer_id, client_id, type, seq, from_status, to_status, status_text, correlation_id, occurred_at, recorded_at, epoch, txid
    )
    SELECT NEW.id, NEW.transfer_id, transfer.client_id, NEW.type, NEW.seq, NEW.from_status, NEW.to_status, NEW.status_text,
           NEW.correlation_id, NEW.occurred_at, NEW.recorded_at, public.audit_current_epoch(), NEW.txid
      FROM public.transfers_transfer AS transfer WHERE transfer.id = NEW.transfer_id;
    RETURN NULL;
END $$;
