-- BRIN indexes as before, without autosummarize: each range of pages asks autovacuum for a summary, and when its short queue is full, as
-- in any large batch, PostgreSQL logs that with the whole statement: megabytes a line, and clients' postings in the server's log. VACUUM,
-- which comes by itself as tables grow, summarizes too; until then a search reads the newest pages, which is where it looks anyway.
ALTER INDEX ledger_transaction_by_txid SET (autosummarize = off);
ALTER INDEX ledger_hold_placed_at SET (autosummarize = off);
ALTER INDEX ledger_hold_ended_at SET (autosummarize = off);
-- The index of a partitioned table takes no such change, and hands its own setting to each new partition.
DROP INDEX ledger_entry_by_txid;
CREATE INDEX ledger_entry_by_txid ON ledger_entry USING brin (cluster_epoch, txid) WITH (pages_per_range = 16);
