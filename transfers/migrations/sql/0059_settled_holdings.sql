-- What can no longer change on a deposit address is added up once: an arrival that our own chain index has proved, a sweep that ended.
CREATE FUNCTION transfers_keep_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'arrival % is in the sums of its address and never changes again', OLD.reference
        USING ERRCODE = '23514', CONSTRAINT = 'transfers_arrival_settled_never_changes';
END $$;
CREATE TRIGGER transfers_arrival_settled BEFORE UPDATE ON transfers_arrival FOR EACH ROW WHEN (OLD.is_settled)
    EXECUTE FUNCTION transfers_keep_settled();
ALTER TABLE transfers_arrival ENABLE ALWAYS TRIGGER transfers_arrival_settled;

DROP TRIGGER transfers_arrival_keep ON transfers_arrival;
CREATE TRIGGER transfers_arrival_keep BEFORE UPDATE ON transfers_arrival FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
    'transfers_arrival_sight_never_changes', 'status', 'transfer_id', 'block_number', 'block_hash', 'credits', 'reason', 'version',
    'is_settled');
ALTER TABLE transfers_arrival ENABLE ALWAYS TRIGGER transfers_arrival_keep;

DROP TRIGGER transfers_depositsweep_keep ON transfers_depositsweep;
CREATE TRIGGER transfers_depositsweep_keep BEFORE UPDATE ON transfers_depositsweep
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_sweep_never_changes', 'ended_at', 'is_settled');
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_keep;
-- Being added up is no end of it.
DROP TRIGGER transfers_depositsweep_check ON transfers_depositsweep;
CREATE TRIGGER transfers_depositsweep_check BEFORE INSERT OR UPDATE OF transfer_id, address_id, asset_id, wallet_id, ended_at
    ON transfers_depositsweep FOR EACH ROW EXECUTE FUNCTION transfers_check_sweep();
ALTER TABLE transfers_depositsweep ENABLE ALWAYS TRIGGER transfers_depositsweep_check;

-- Marks and sums are written by one statement, so whoever reads in between sees both or neither. Who comes second has nothing to do.
CREATE FUNCTION transfers_settle_holdings() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    grown bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('transfers_settle_holdings')) THEN
        RETURN 0;
    END IF;
    WITH arrived AS (
        UPDATE public.transfers_arrival AS arrival SET is_settled = true
          FROM (SELECT seen.id, deposit.state_entered_at
                  FROM public.transfers_arrival AS seen LEFT JOIN public.transfers_transfer AS deposit ON deposit.id = seen.transfer_id
                 WHERE NOT seen.is_settled AND seen.rail = 'evm' AND seen.address_id IS NOT NULL
                   AND (seen.status = 'credited' AND deposit.status = 'RECONCILED'
                        OR seen.status = 'returned' AND EXISTS (
                           SELECT FROM public.transfers_sendback AS back JOIN public.transfers_transfer AS sent ON sent.id = back.transfer_id
                            WHERE back.arrival_id = seen.id AND sent.status = 'RECONCILED'))
                   FOR UPDATE OF seen SKIP LOCKED) AS proved
         WHERE arrival.id = proved.id
        RETURNING arrival.address_id, arrival.asset_id, arrival.amount, proved.state_entered_at
    ), swept AS (
        UPDATE public.transfers_depositsweep AS sweep SET is_settled = true
          FROM public.transfers_transfer AS move
         WHERE move.id = sweep.transfer_id AND NOT sweep.is_settled AND sweep.ended_at IS NOT NULL
        RETURNING sweep.address_id, sweep.asset_id,
                  CASE WHEN move.money_state = 'posted' OR move.failure_code = 'declared_lost' THEN move.source_amount ELSE 0 END AS amount
    )
    INSERT INTO public.transfers_settledholding AS kept (address_id, asset_id, proved, gone, since)
    SELECT address_id, asset_id, sum(proved), sum(gone), max(since)
      FROM (SELECT address_id, asset_id, amount AS proved, 0 AS gone, state_entered_at AS since FROM arrived
            UNION ALL SELECT address_id, asset_id, 0, amount, NULL FROM swept) AS both_ways
     GROUP BY address_id, asset_id
    ON CONFLICT (address_id, asset_id) DO UPDATE
       SET proved = kept.proved + excluded.proved, gone = kept.gone + excluded.gone, since = greatest(kept.since, excluded.since);
    GET DIAGNOSTICS grown = ROW_COUNT;
    RETURN grown;
END $$;
REVOKE EXECUTE ON FUNCTION transfers_settle_holdings() FROM PUBLIC;
SELECT transfers_settle_holdings();
