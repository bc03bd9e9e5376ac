DROP FUNCTION ledger_keep_snapshot(jsonb);
ALTER FUNCTION ledger_wait_until_closed(timestamptz, interval) SECURITY INVOKER;
DROP TABLE ledger_snapshot;
