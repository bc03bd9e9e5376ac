DROP TRIGGER check_limit_returns ON approvals_limitreturn;
DROP FUNCTION approvals_check_limit_returns();
DROP TRIGGER refuse_change ON approvals_limitreturn;
DROP TRIGGER refuse_truncate ON approvals_limitreturn;
