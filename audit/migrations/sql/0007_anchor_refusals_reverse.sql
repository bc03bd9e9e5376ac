ALTER TABLE audit_anchor DROP COLUMN refuses;
