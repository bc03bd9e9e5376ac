DROP TRIGGER check_halt ON approvals_halt;
DROP TRIGGER check_limit_use ON approvals_limituse;
DROP TRIGGER check_policy_rule ON approvals_policyrule;
DROP TRIGGER check_policy_set ON approvals_policyset;
DROP FUNCTION approvals_check_halt(), approvals_close_halt_gate(), approvals_pass_halt_gate(), approvals_check_limit_use(),
    approvals_check_policy_rule(), approvals_check_policy_set();
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['policydecision', 'policyset', 'policyrule', 'limituse', 'limitbucket', 'haltgate', 'halt', 'historicalclient',
        'historicaldestination', 'historicalcorridor', 'historicallimit', 'historicalpolicyrule']
    LOOP
        EXECUTE format('DROP TRIGGER refuse_change ON approvals_%s', name);
        EXECUTE format('DROP TRIGGER refuse_truncate ON approvals_%s', name);
    END LOOP;
END
$$;
DELETE FROM approvals_haltgate;
ALTER TABLE approvals_policyset DROP CONSTRAINT approvals_policy_published_with_digest;
