-- Everybody who serves requests or works may read the books; they are written through the functions alone.
GRANT SELECT ON ledger_asset, ledger_account, ledger_balance, ledger_account_balance, ledger_ledgertransaction, ledger_entry,
    ledger_hold, ledger_period TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_post(jsonb), ledger_apply_holds(jsonb), ledger_open_account(jsonb), ledger_close_account(jsonb),
    ledger_register_asset(jsonb), ledger_set_period(jsonb) TO countersign_web, countersign_worker;
GRANT EXECUTE ON FUNCTION ledger_advance_checkpoints(), ledger_ensure_partitions() TO countersign_worker;
