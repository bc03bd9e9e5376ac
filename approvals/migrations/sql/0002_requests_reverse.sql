DROP TRIGGER check_maker ON approvals_requestmaker;
DROP TRIGGER check_vote ON approvals_vote;
DROP TRIGGER check_request_change ON approvals_approvalrequest;
DROP TRIGGER check_new_request ON approvals_approvalrequest;
DROP FUNCTION approvals_check_maker(), approvals_check_vote(), approvals_check_request_change(), approvals_check_new_request();
DROP FUNCTION approvals_check_execution(approvals_approvalrequest, approvals_approvalrequest);
DROP FUNCTION approvals_valid_approvals(approvals_approvalrequest);
DROP FUNCTION approvals_refuse(text, text);
DROP TRIGGER refuse_change ON approvals_vote;
DROP TRIGGER refuse_truncate ON approvals_vote;
DROP TRIGGER refuse_change ON approvals_requestmaker;
DROP TRIGGER refuse_truncate ON approvals_requestmaker;
DROP TRIGGER refuse_change ON approvals_approvalrequest;
DROP TRIGGER refuse_truncate ON approvals_approvalrequest;
ALTER TABLE approvals_approvalrequest
    DROP CONSTRAINT approvals_request_digest_is_of_payload,
    DROP CONSTRAINT approvals_request_decided_when_final,
    DROP CONSTRAINT approvals_request_executed_only_when_approved,
    DROP CONSTRAINT approvals_request_expires_after_it_was_made;
