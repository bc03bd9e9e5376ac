-- The shell's own tables: sign-in, the rate limits that guard it, and Django's admin.
GRANT SELECT, INSERT, UPDATE, DELETE ON backoffice_cache TO countersign_web, countersign_worker;
GRANT SELECT ON account_emailaddress, account_emailconfirmation TO countersign_web;
GRANT SELECT, INSERT ON django_admin_log TO countersign_web;
GRANT USAGE ON SEQUENCE django_admin_log_id_seq TO countersign_web;
GRANT SELECT ON django_migrations TO countersign_web, countersign_worker;
