ALTER INDEX ledger_transaction_by_txid SET (autosummarize = on);
ALTER INDEX ledger_hold_placed_at SET (autosummarize = on);
ALTER INDEX ledger_hold_ended_at SET (autosummarize = on);
DROP INDEX ledger_entry_by_txid;
CREATE INDEX ledger_entry_by_txid ON ledger_entry USING brin (cluster_epoch, txid) WITH (pages_per_range = 16, autosummarize = on);
