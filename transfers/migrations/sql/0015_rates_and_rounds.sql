-- What was said once stays said; configuration keeps its versions.
SELECT audit_guard_table('transfers_ratesheet');
SELECT audit_guard_table('transfers_quoteround');
SELECT audit_guard_table('transfers_quoteanswer');
SELECT audit_guard_table('transfers_historicalratesource');
SELECT audit_guard_table('transfers_ratesource', true);
