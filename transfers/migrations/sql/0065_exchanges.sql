-- What was said is not rewritten; how often it was said may grow.
CREATE TRIGGER transfers_providerexchange_keep
    BEFORE UPDATE OF id, transfer_id, call_key, provider, operation, request, response, status, error, elapsed_ms, digest, correlation_id,
                     first_at
    ON transfers_providerexchange
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('transfers_exchange_never_changes', 'times', 'last_at');
