DROP FUNCTION transfers_count_transitions();
