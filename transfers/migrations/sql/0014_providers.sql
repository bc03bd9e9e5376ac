-- What was said once stays said; configuration keeps its versions.
SELECT audit_guard_table('transfers_historicalprovider');
SELECT audit_guard_table('transfers_historicalproviderterms');
SELECT audit_guard_table('transfers_provider', true);
SELECT audit_guard_table('transfers_providerterms', true);
