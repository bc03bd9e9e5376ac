-- What has happened is counted once. Events up to `until` are in the sums; `until` moves on to `next_at` when no transaction is left that
-- had begun to write before: `next_xid` was given out after that moment. An event's time is read just before its transaction may get its
-- number, so a second lies between the two.
CREATE FUNCTION transfers_count_transitions() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mark public.transfers_transitionmark;
    counted bigint := 0;
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
        WITH moved AS (
            SELECT transfer.route, transfer.is_synthetic, event.from_status, event.to_status, count(*) AS times
              FROM public.transfers_event AS event JOIN public.transfers_transfer AS transfer ON transfer.id = event.transfer_id
             WHERE event.recorded_at > mark.until AND event.recorded_at <= mark.next_at AND event.from_status <> event.to_status
             GROUP BY 1, 2, 3, 4
        ), kept AS (
            INSERT INTO public.transfers_transitioncount AS sums (route, is_synthetic, source, target, times)
            SELECT route, is_synthetic, from_status, to_status, times FROM moved
            ON CONFLICT (route, is_synthetic, source, target) DO UPDATE SET times = sums.times + excluded.times
            RETURNING 1
        )
        SELECT coalesce(sum(times), 0) INTO counted FROM moved;
        UPDATE public.transfers_transitionmark SET until = greatest(until, next_at) WHERE id = 1;
    END IF;
    UPDATE public.transfers_transitionmark
       SET next_at = clock_timestamp() - interval '1 second', next_xid = pg_current_xact_id()::text::bigint WHERE id = 1;
    RETURN counted;
END $$;
REVOKE EXECUTE ON FUNCTION transfers_count_transitions() FROM PUBLIC;
-- What happened more than an hour ago is over: nobody's transaction lives that long. Whoever migrates has the time to count it.
WITH begun AS (
    INSERT INTO transfers_transitionmark (id, until, next_at, next_xid)
    VALUES (1, clock_timestamp() - interval '1 hour', clock_timestamp() - interval '1 second', pg_current_xact_id()::text::bigint)
    RETURNING until
)
INSERT INTO transfers_transitioncount (route, is_synthetic, source, target, times)
SELECT transfer.route, transfer.is_synthetic, event.from_status, event.to_status, count(*)
  FROM begun, transfers_event AS event JOIN transfers_transfer AS transfer ON transfer.id = event.transfer_id
 WHERE event.recorded_at <= begun.until AND event.from_status <> event.to_status
 GROUP BY 1, 2, 3, 4;
