DROP TRIGGER refuse_change ON transfers_historicalprovider;
DROP TRIGGER refuse_truncate ON transfers_historicalprovider;
DROP TRIGGER refuse_change ON transfers_historicalproviderterms;
DROP TRIGGER refuse_truncate ON transfers_historicalproviderterms;
DROP TRIGGER refuse_change ON transfers_provider;
DROP TRIGGER refuse_truncate ON transfers_provider;
DROP TRIGGER refuse_change ON transfers_providerterms;
DROP TRIGGER refuse_truncate ON transfers_providerterms;
