-- The vault forgets, it never rewrites: values are added, and a subject loses its key once and for all. Its key may be sealed anew.
SELECT audit_guard_table('audit_vaultvalue');
SELECT audit_guard_table('audit_vaultsubject', true);

CREATE FUNCTION audit_check_vault_subject() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION '% was erased, and stays so', OLD.name USING ERRCODE = '55000';
    ELSIF (NEW.id, NEW.name, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.name, OLD.created_at) THEN
        RAISE EXCEPTION 'a subject of the vault keeps its name' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_vault_subject BEFORE UPDATE ON audit_vaultsubject FOR EACH ROW EXECUTE FUNCTION audit_check_vault_subject();
ALTER TABLE audit_vaultsubject ENABLE ALWAYS TRIGGER check_vault_subject;
