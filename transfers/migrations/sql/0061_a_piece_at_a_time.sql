-- Both are held to what a process may take for one statement, however long nobody came by.
-- Marks and sums are written by one statement, so whoever reads in between sees both or neither. Who comes second has nothing to do.
CREATE OR REPLACE FUNCTION transfers_settle_holdings() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
                 LIMIT 20000 FOR UPDATE OF seen SKIP LOCKED) AS proved
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
-- What has happened is counted once. Events up to `until` are in the sums; `until` moves on to `next_at` when no transaction is left that
-- had begun to write before: `next_xid` was given out after that moment. An event's time is read just before its transaction may get its
-- number, so a second lies between the two.
CREATE OR REPLACE FUNCTION transfers_count_transitions() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Without knowing the mark, a planner expects a third of all events behind it, and reads every one.
    SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    mark public.transfers_transitionmark;
    counted bigint := 0;
    piece timestamptz;
BEGIN
    INSERT INTO public.transfers_transitionmark (id, until, next_at, next_xid)
    VALUES (1, 'epoch', clock_timestamp() - interval '1 second', pg_current_xact_id()::text::bigint) ON CONFLICT (id) DO NOTHING;
    SELECT * INTO mark FROM public.transfers_transitionmark WHERE id = 1 FOR UPDATE SKIP LOCKED;
    -- A number from a database that this one was restored from says nothing here: a new one is taken.
    IF NOT FOUND OR mark.next_xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                    AND mark.next_xid <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN
        RETURN 0;
    END IF;
    IF mark.next_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint THEN
        -- What was left for long is caught up by the quarter of a day.
        piece := CASE WHEN mark.until = 'epoch' THEN mark.next_at ELSE least(mark.next_at, mark.until + interval '6 hours') END;
        WITH moved AS (
            SELECT transfer.route, transfer.is_synthetic, event.from_status, event.to_status, count(*) AS times
              FROM public.transfers_event AS event JOIN public.transfers_transfer AS transfer ON transfer.id = event.transfer_id
             WHERE event.recorded_at > mark.until AND event.recorded_at <= piece AND event.from_status <> event.to_status
             GROUP BY 1, 2, 3, 4
        ), kept AS (
            INSERT INTO public.transfers_transitioncount AS sums (route, is_synthetic, source, target, times)
            SELECT route, is_synthetic, from_status, to_status, times FROM moved
            ON CONFLICT (route, is_synthetic, source, target) DO UPDATE SET times = sums.times + excluded.times
            RETURNING 1
        )
        SELECT coalesce(sum(times), 0) INTO counted FROM moved;
        UPDATE public.transfers_transitionmark SET until = greatest(until, piece) WHERE id = 1;
        IF piece < mark.next_at THEN
            RETURN counted;
        END IF;
    END IF;
    UPDATE public.transfers_transitionmark
       SET next_at = clock_timestamp() - interval '1 second', next_xid = pg_current_xact_id()::text::bigint WHERE id = 1;
    RETURN counted;
END $$;
