-- Policy, limits, halts and versions as the database enforces them.

-- A policy set is written as a draft, published whole, and then stands.
SELECT audit_guard_table('approvals_policydecision');

ALTER TABLE approvals_policyset
    ADD CONSTRAINT approvals_policy_published_with_digest
        CHECK (status = 'draft' OR (digest IS NOT NULL AND octet_length(digest) = 32 AND published_at IS NOT NULL AND published_by <> ''));
SELECT audit_guard_table('approvals_policyset', true);

CREATE FUNCTION approvals_check_policy_set() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            PERFORM approvals_refuse('a policy set begins as a draft', 'approvals_policy_set_begins_as_draft');
        END IF;
    ELSIF NEW.version <> OLD.version OR (OLD.status, NEW.status) NOT IN
            (('draft', 'draft'), ('draft', 'active'), ('active', 'active'), ('active', 'retired'), ('retired', 'retired')) THEN
        PERFORM approvals_refuse('a policy set goes from draft to active to retired', 'approvals_policy_set_moves_forward');
    ELSIF OLD.status <> 'draft' AND to_jsonb(NEW) - 'status' <> to_jsonb(OLD) - 'status' THEN
        PERFORM approvals_refuse('a published policy set never changes', 'approvals_policy_set_immutable');
    ELSIF OLD.status = 'draft' AND NEW.status = 'active' AND NOT EXISTS (SELECT FROM approvals_policyrule WHERE set_id = NEW.version) THEN
        PERFORM approvals_refuse('a policy set is published with its rules', 'approvals_policy_set_has_rules');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_policy_set BEFORE INSERT OR UPDATE ON approvals_policyset
    FOR EACH ROW EXECUTE FUNCTION approvals_check_policy_set();
ALTER TABLE approvals_policyset ENABLE ALWAYS TRIGGER check_policy_set;

-- Rules may be added to a draft; they are never changed or removed. The set's row is locked, so that nothing slips in while it is published.
SELECT audit_guard_table('approvals_policyrule');
CREATE FUNCTION approvals_check_policy_rule() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    set_status text;
BEGIN
    SELECT status INTO set_status FROM approvals_policyset WHERE version = NEW.set_id FOR UPDATE;
    IF set_status IS DISTINCT FROM 'draft' THEN
        PERFORM approvals_refuse('a published policy set takes no more rules', 'approvals_policy_rule_only_in_draft');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_policy_rule BEFORE INSERT ON approvals_policyrule FOR EACH ROW EXECUTE FUNCTION approvals_check_policy_rule();
ALTER TABLE approvals_policyrule ENABLE ALWAYS TRIGGER check_policy_rule;

-- A subject's use of a limit is given back once, and is otherwise as it was.
SELECT audit_guard_table('approvals_limituse', true);
SELECT audit_guard_table('approvals_limitbucket', true);
CREATE FUNCTION approvals_check_limit_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.given_back_at IS NOT NULL OR to_jsonb(NEW) - 'given_back_at' <> to_jsonb(OLD) - 'given_back_at' THEN
        PERFORM approvals_refuse('a use of a limit is given back once', 'approvals_limit_use_given_back_once');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_limit_use BEFORE UPDATE ON approvals_limituse FOR EACH ROW EXECUTE FUNCTION approvals_check_limit_use();
ALTER TABLE approvals_limituse ENABLE ALWAYS TRIGGER check_limit_use;

-- The gate: every step passes it shared, every halt closes it. The advisory lock in front of the row makes the queue fair: row locks let
-- new shared lockers overtake a waiting exclusive one, and a halt must not starve behind busy traffic.
INSERT INTO approvals_haltgate (id) VALUES (1);
SELECT audit_guard_table('approvals_haltgate');

CREATE FUNCTION approvals_pass_halt_gate() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('approvals_halt_gate', 0));
    PERFORM FROM approvals_haltgate WHERE id = 1 FOR SHARE;
    IF NOT FOUND THEN
        PERFORM approvals_refuse('the halt gate is missing: nothing may move', 'approvals_halt_gate_present');
    END IF;
END
$$;
CREATE FUNCTION approvals_close_halt_gate() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('approvals_halt_gate', 0));
    PERFORM FROM approvals_haltgate WHERE id = 1 FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM approvals_refuse('the halt gate is missing: nothing may move', 'approvals_halt_gate_present');
    END IF;
END
$$;

-- A halt changes once in its life: lifted, by an approved `halt.lift` request with two people behind it.
SELECT audit_guard_table('approvals_halt', true);
CREATE FUNCTION approvals_check_halt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    open_columns text[] := ARRAY['lifted_at', 'lifted_by', 'lift_reason'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.lifted_at IS NOT NULL THEN
            PERFORM approvals_refuse('a halt begins in force', 'approvals_halt_begins_in_force');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL OR to_jsonb(NEW) - open_columns <> to_jsonb(OLD) - open_columns THEN
        PERFORM approvals_refuse('a halt changes once, when it is lifted', 'approvals_halt_changes_once');
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_approvalrequest request
         WHERE request.action = 'halt.lift' AND request.subject_id = NEW.id::text AND request.status = 'approved'
           AND request.quorum >= 2 AND approvals_valid_approvals(request) >= request.quorum
    ) THEN
        PERFORM approvals_refuse('two people lift a halt', 'approvals_halt_lifted_by_two');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER check_halt BEFORE INSERT OR UPDATE ON approvals_halt FOR EACH ROW EXECUTE FUNCTION approvals_check_halt();
ALTER TABLE approvals_halt ENABLE ALWAYS TRIGGER check_halt;

-- Versions of configuration rows are history.
SELECT audit_guard_table('approvals_historicalclient');
SELECT audit_guard_table('approvals_historicaldestination');
SELECT audit_guard_table('approvals_historicalcorridor');
SELECT audit_guard_table('approvals_historicallimit');
SELECT audit_guard_table('approvals_historicalpolicyrule');
