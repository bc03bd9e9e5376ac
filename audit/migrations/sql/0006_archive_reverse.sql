DROP FUNCTION audit_note_archive(jsonb);
DROP FUNCTION audit_attach_month(text, date);
DROP FUNCTION audit_check_month(text, date);
DROP FUNCTION audit_prepare_month(text, date);
DROP FUNCTION audit_detach_month(text, date);
DROP FUNCTION audit_month_partition(text, date);
DROP FUNCTION audit_archived_until(text);
DROP VIEW audit_archived_month;
DROP TABLE audit_archive;
-- Refused while something is archived: nothing may get lost on the way back.
DROP SCHEMA archive;
