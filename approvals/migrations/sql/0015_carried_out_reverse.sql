DROP FUNCTION approvals_contradiction(text, text, integer, integer, bigint);
DROP FUNCTION approvals_content(bytea);
