-- A reorg takes a payment back that had settled its hold: the new hold has a name of its own.
CREATE OR REPLACE FUNCTION transfers_check_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'CREATED' OR NEW.version <> 1 THEN
            RAISE EXCEPTION 'transfer % starts as % version %, not as CREATED version 1', NEW.id, NEW.status, NEW.version
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_starts_as_created';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM public.transfers_machinerow WHERE route = NEW.route AND version = NEW.machine_version) THEN
            RAISE EXCEPTION 'no machine for route % version %', NEW.route, NEW.machine_version
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_has_a_machine';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'fence of transfer % goes back from % to %', OLD.id, OLD.fence, NEW.fence
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_fence_only_grows';
    END IF;
    IF OLD.status NOT IN ('CREATED', 'QUOTED')
       AND ((NEW.fee_amount, NEW.target_amount, NEW.quote_id) IS DISTINCT FROM (OLD.fee_amount, OLD.target_amount, OLD.quote_id)
            OR NEW.hold_reference <> OLD.hold_reference AND NOT (OLD.status = 'CONFIRMED' AND NEW.status = 'REORGED')) THEN
        RAISE EXCEPTION 'the price of transfer % is fixed since its funds are locked', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_price_fixed_once_locked';
    END IF;
    IF NEW.version = OLD.version THEN
        IF NEW.status <> OLD.status THEN
            RAISE EXCEPTION 'transfer % changes status from % to % without a new version', OLD.id, OLD.status, NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_status_moves_with_version';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'transfer % jumps from version % to %: somebody else moved it', OLD.id, OLD.version, NEW.version
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_version_counts_by_one';
    END IF;
    IF NEW.status <> OLD.status AND NOT EXISTS (
        SELECT 1 FROM public.transfers_machinerow
        WHERE route = OLD.route AND version = OLD.machine_version AND source = OLD.status AND target = NEW.status
    ) THEN
        RAISE EXCEPTION 'machine % version % has no row from % to %', OLD.route, OLD.machine_version, OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'transfers_transfer_moves_along_its_machine';
    END IF;
    RETURN NEW;
END $$;

SELECT transfers_let_change('transfers_chaintransaction', 'watch_at');
SELECT transfers_let_change('transfers_walletreservation', 'gas_amount', 'hurried_at', 'recalled_at');
