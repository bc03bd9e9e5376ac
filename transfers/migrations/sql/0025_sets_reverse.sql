DROP FUNCTION transfers_record_moves(jsonb, jsonb[]);
