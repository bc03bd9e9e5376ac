-- Shares of a use come back once each, never change, and never come to more than the use; none comes back after the whole.
SELECT audit_guard_table('approvals_limitreturn');
CREATE FUNCTION approvals_check_limit_returns() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM approvals_limituse AS use
         WHERE use.id IN (SELECT use_id FROM added)
           AND (use.given_back_at IS NOT NULL
                OR use.amount < (SELECT sum(amount) FROM approvals_limitreturn WHERE use_id = use.id))) THEN
        PERFORM approvals_refuse('shares of a use never come to more than the use', 'approvals_limit_returns_within_use');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER check_limit_returns AFTER INSERT ON approvals_limitreturn REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION approvals_check_limit_returns();
ALTER TABLE approvals_limitreturn ENABLE ALWAYS TRIGGER check_limit_returns;
