DROP FUNCTION transfers_record_event(jsonb);
DROP FUNCTION transfers_ensure_event_partitions();
DROP TABLE transfers_event;
DROP FUNCTION transfers_check_event();
