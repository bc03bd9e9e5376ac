DROP FUNCTION audit_archive_contradictions();
