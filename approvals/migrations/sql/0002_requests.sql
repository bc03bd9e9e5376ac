-- Maker-checker as the database enforces it. A request's payload never changes; a vote is one person's, on exactly those bytes, while the
-- request is pending; a request becomes approved only when enough votes of active people stand behind it. The commands check the same
-- things first and answer in words; what is here holds for someone who types SQL.

ALTER TABLE approvals_approvalrequest
    ADD CONSTRAINT approvals_request_digest_is_of_payload CHECK (digest = sha256(payload)),
    ADD CONSTRAINT approvals_request_decided_when_final CHECK ((status = 'pending') = (decided_at IS NULL)),
    ADD CONSTRAINT approvals_request_executed_only_when_approved CHECK (executed_at IS NULL OR status = 'approved'),
    ADD CONSTRAINT approvals_request_expires_after_it_was_made CHECK (expires_at > made_at);
SELECT audit_guard_table('approvals_approvalrequest', true);
SELECT audit_guard_table('approvals_requestmaker');
SELECT audit_guard_table('approvals_vote');

CREATE FUNCTION approvals_refuse(sentence text, rule text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', sentence USING ERRCODE = '23514', CONSTRAINT = rule;
END
$$;

-- How many people stand behind a request: distinct, active, not its makers, on its present bytes, in its role, held since before it.
CREATE FUNCTION approvals_valid_approvals(request approvals_approvalrequest) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(DISTINCT vote.person_id)::integer
      FROM approvals_vote vote
      JOIN approvals_person person ON person.id = vote.person_id AND person.active
     WHERE vote.request_id = request.id AND vote.decision = 'approve' AND vote.role = request.role
       AND vote.digest = request.digest AND vote.revision = request.revision AND vote.role_held_since <= request.made_at
       AND NOT EXISTS (SELECT FROM approvals_requestmaker maker WHERE maker.request_id = request.id AND maker.person_id = vote.person_id)
$$;

CREATE FUNCTION approvals_check_new_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'pending' OR NEW.executed_at IS NOT NULL THEN
        PERFORM approvals_refuse('a request begins pending', 'approvals_request_begins_pending');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_new_request BEFORE INSERT ON approvals_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION approvals_check_new_request();
ALTER TABLE approvals_approvalrequest ENABLE ALWAYS TRIGGER check_new_request;

CREATE FUNCTION approvals_check_request_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- All that may ever change; everything else of the row is what was asked.
    open_columns text[] := ARRAY['status', 'decided_at', 'executed_at', 'closing_reason'];
BEGIN
    IF to_jsonb(NEW) - open_columns <> to_jsonb(OLD) - open_columns THEN
        PERFORM approvals_refuse('what a request asks for never changes', 'approvals_request_content_immutable');
    END IF;
    IF OLD.status <> 'pending' THEN
        PERFORM approvals_check_execution(OLD, NEW);
        RETURN NEW;
    END IF;
    IF NEW.status = 'approved' AND approvals_valid_approvals(NEW) < NEW.quorum THEN
        PERFORM approvals_refuse('approved needs the quorum of valid votes', 'approvals_request_approved_needs_quorum');
    END IF;
    IF NEW.status = 'approved' AND (NEW.decided_at >= NEW.expires_at OR NEW.executed_at IS NOT NULL) THEN
        PERFORM approvals_refuse('approved before it expires, executed after it is approved', 'approvals_request_approved_in_time');
    END IF;
    IF (NEW.status = 'rejected') <> EXISTS (SELECT FROM approvals_vote WHERE request_id = NEW.id AND decision = 'reject')
        AND NEW.status IN ('approved', 'rejected') THEN
        PERFORM approvals_refuse('one rejection is final, and only a rejection rejects', 'approvals_request_rejection_is_final');
    END IF;
    IF NEW.status = 'expired' AND NEW.decided_at < NEW.expires_at THEN
        PERFORM approvals_refuse('a request expires when its time is up', 'approvals_request_expires_on_time');
    END IF;
    RETURN NEW;
END
$$;

-- After the end only one thing may happen, once: an approved request is marked as executed, with its quorum still standing.
CREATE FUNCTION approvals_check_execution(before approvals_approvalrequest, after approvals_approvalrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (after.status, after.decided_at, after.closing_reason) IS DISTINCT FROM (before.status, before.decided_at, before.closing_reason) THEN
        PERFORM approvals_refuse('a decided request stays as it was decided', 'approvals_request_final_is_final');
    END IF;
    IF after.executed_at IS DISTINCT FROM before.executed_at THEN
        IF before.executed_at IS NOT NULL OR before.status <> 'approved' THEN
            PERFORM approvals_refuse('an approval is used once', 'approvals_request_executed_once');
        END IF;
        IF sha256(before.payload) <> before.digest OR approvals_valid_approvals(before) < before.quorum THEN
            PERFORM approvals_refuse('what is executed is what was approved', 'approvals_request_executed_as_approved');
        END IF;
    END IF;
END
$$;
CREATE TRIGGER check_request_change BEFORE UPDATE ON approvals_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION approvals_check_request_change();
ALTER TABLE approvals_approvalrequest ENABLE ALWAYS TRIGGER check_request_change;

-- The request row is the lock: votes, makers and the end of a request happen one after the other.
CREATE FUNCTION approvals_check_vote() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    request approvals_approvalrequest;
BEGIN
    SELECT * INTO request FROM approvals_approvalrequest WHERE id = NEW.request_id FOR UPDATE;
    IF request.status IS DISTINCT FROM 'pending' THEN
        PERFORM approvals_refuse('votes are cast on pending requests', 'approvals_vote_only_while_pending');
    END IF;
    IF (NEW.digest, NEW.revision) IS DISTINCT FROM (request.digest, request.revision) OR sha256(request.payload) <> request.digest THEN
        PERFORM approvals_refuse('a vote is on exactly the stored bytes', 'approvals_vote_on_stored_bytes');
    END IF;
    IF EXISTS (SELECT FROM approvals_requestmaker WHERE request_id = NEW.request_id AND person_id = NEW.person_id) THEN
        PERFORM approvals_refuse('nobody decides what they made', 'approvals_vote_not_by_maker');
    END IF;
    IF NOT EXISTS (SELECT FROM approvals_person WHERE id = NEW.person_id AND active FOR SHARE) THEN
        PERFORM approvals_refuse('only active people vote', 'approvals_vote_by_active_person');
    END IF;
    IF NEW.role <> request.role OR NEW.role_held_since > request.made_at THEN
        PERFORM approvals_refuse('a vote needs the role, held since before the request', 'approvals_vote_in_role_held_before');
    END IF;
    IF NEW.voted_at >= request.expires_at OR NEW.voted_at < request.made_at THEN
        PERFORM approvals_refuse('a vote is cast while the request is open', 'approvals_vote_in_time');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_vote BEFORE INSERT ON approvals_vote FOR EACH ROW EXECUTE FUNCTION approvals_check_vote();
ALTER TABLE approvals_vote ENABLE ALWAYS TRIGGER check_vote;

CREATE FUNCTION approvals_check_maker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    request_status text;
BEGIN
    SELECT status INTO request_status FROM approvals_approvalrequest WHERE id = NEW.request_id FOR UPDATE;
    IF request_status IS DISTINCT FROM 'pending' THEN
        PERFORM approvals_refuse('makers are named while the request is pending', 'approvals_request_maker_only_while_pending');
    END IF;
    IF EXISTS (SELECT FROM approvals_vote WHERE request_id = NEW.request_id AND person_id = NEW.person_id) THEN
        PERFORM approvals_refuse('who has voted cannot become a maker', 'approvals_request_maker_has_not_voted');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_maker BEFORE INSERT ON approvals_requestmaker FOR EACH ROW EXECUTE FUNCTION approvals_check_maker();
ALTER TABLE approvals_requestmaker ENABLE ALWAYS TRIGGER check_maker;
