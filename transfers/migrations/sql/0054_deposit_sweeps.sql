-- A sweep is what its transfer says, goes from a deposit address to a hot wallet of the same network, and ends with its transfer.
CREATE FUNCTION transfers_check_sweep() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving record;
BEGIN
    SELECT route, source_asset_id, status INTO moving FROM public.transfers_transfer WHERE id = NEW.transfer_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL OR (moving.route, moving.source_asset_id) IS DISTINCT FROM ('deposit_sweep', NEW.asset_id)
           OR NOT EXISTS (SELECT FROM public.transfers_depositaddress AS address
                            JOIN public.transfers_wallet AS wallet ON wallet.network = address.network
                           WHERE address.id = NEW.address_id AND address.kind = 'crypto_address'
                             AND wallet.code = NEW.wallet_id AND wallet.purpose = 'hot') THEN
            RAISE EXCEPTION 'transfer % does not bring % from a deposit address to a hot wallet', NEW.transfer_id, NEW.asset_id
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_sweep_goes_to_a_hot_wallet';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR moving.status NOT IN ('RECONCILED', 'FAILED', 'CANCELLED', 'EXPIRED') THEN
        RAISE EXCEPTION 'the sweep of transfer % ends once, with its transfer (%)', NEW.transfer_id, moving.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_sweep_ends_with_its_transfer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_depositsweep_check BEFORE INSERT OR UPDATE ON transfers_depositsweep
    FOR EACH ROW EXECUTE FUNCTION transfers_check_sweep();
CREATE TRIGGER transfers_depositsweep_keep BEFORE UPDATE ON transfers_depositsweep
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_sweep_never_changes', 'ended_at');
SELECT audit_guard_table('transfers_depositsweep', true);
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_check;
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_keep;
