DROP TRIGGER transfers_transfer_keep ON transfers_transfer;
CREATE TRIGGER transfers_transfer_keep BEFORE UPDATE ON transfers_transfer
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns(
        'transfers_transfer_order_never_changes',
        'status', 'version', 'request_state', 'money_state', 'evidence_state', 'target_amount', 'fee_amount', 'quote_id', 'hold_reference',
        'failure_code', 'failure_message', 'status_text', 'updated_at', 'state_entered_at', 'due_at', 'lease_owner', 'lease_until', 'fence',
        'attempts', 'last_error', 'stopped_by', 'deadline_at', 'min_target_amount', 'approval_request_id');
ALTER TABLE transfers_transfer ENABLE ALWAYS TRIGGER transfers_transfer_keep;
DROP FUNCTION transfers_keep_order();
