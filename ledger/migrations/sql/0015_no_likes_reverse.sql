CREATE INDEX ledger_hold_reference_9828a36e_like ON ledger_hold (reference text_pattern_ops);
