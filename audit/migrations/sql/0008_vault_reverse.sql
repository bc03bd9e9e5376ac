DROP TRIGGER check_vault_subject ON audit_vaultsubject;
DROP FUNCTION audit_check_vault_subject();
