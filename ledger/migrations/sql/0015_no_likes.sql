-- Twins of unique and foreign keys for LIKE, which nobody asks of these columns: each cost every insert.
DROP INDEX IF EXISTS ledger_hold_reference_9828a36e_like;
