-- Web takes requests, votes and configuration; the worker ends requests and gives limits back, but never votes and never makes people,
-- keys or policy. Nobody deletes. Column grants say what may change on a row; the triggers say how.
GRANT SELECT ON
    approvals_person, approvals_client, approvals_corridor, approvals_destination, approvals_apikey, approvals_apikey_controllers,
    approvals_policyset, approvals_policyrule, approvals_policydecision, approvals_limit, approvals_limitbucket, approvals_limituse,
    approvals_limitreturn,
    approvals_approvalrequest, approvals_requestmaker, approvals_vote, approvals_halt, approvals_haltgate,
    approvals_historicalclient, approvals_historicaldestination, approvals_historicalcorridor, approvals_historicallimit,
    approvals_historicalpolicyrule
TO countersign_web, countersign_worker;

GRANT INSERT ON
    approvals_person, approvals_client, approvals_corridor, approvals_destination, approvals_apikey, approvals_apikey_controllers,
    approvals_policyset, approvals_policyrule, approvals_limit, approvals_vote,
    approvals_historicalclient, approvals_historicaldestination, approvals_historicalcorridor, approvals_historicallimit,
    approvals_historicalpolicyrule
TO countersign_web;
GRANT USAGE ON SEQUENCE approvals_apikey_controllers_id_seq TO countersign_web;
GRANT UPDATE (active) ON approvals_person TO countersign_web;
GRANT UPDATE (name, status) ON approvals_client TO countersign_web;
GRANT UPDATE (status, label) ON approvals_destination TO countersign_web;
GRANT UPDATE (last_used_at, revoked_at) ON approvals_apikey TO countersign_web;
GRANT UPDATE (status, published_at, published_by, digest) ON approvals_policyset TO countersign_web;
GRANT UPDATE (amount, active) ON approvals_limit TO countersign_web;

GRANT INSERT ON
    approvals_policydecision, approvals_limitbucket, approvals_limituse, approvals_limitreturn, approvals_approvalrequest,
    approvals_requestmaker, approvals_halt
TO countersign_web, countersign_worker;
GRANT USAGE ON SEQUENCE approvals_requestmaker_id_seq TO countersign_web, countersign_worker;
GRANT UPDATE (used, capacity) ON approvals_limitbucket TO countersign_web, countersign_worker;
GRANT UPDATE (given_back_at) ON approvals_limituse TO countersign_web, countersign_worker;
GRANT UPDATE (status, decided_at, executed_at, closing_reason) ON approvals_approvalrequest TO countersign_web, countersign_worker;
GRANT UPDATE (lifted_at, lifted_by, lift_reason) ON approvals_halt TO countersign_web;

REVOKE EXECUTE ON FUNCTION approvals_pass_halt_gate(), approvals_close_halt_gate() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION approvals_pass_halt_gate(), approvals_close_halt_gate() TO countersign_web, countersign_worker;

REVOKE EXECUTE ON FUNCTION approvals_halt_on(jsonb), approvals_consume_limits(jsonb), approvals_order_facts(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION approvals_halt_on(jsonb), approvals_consume_limits(jsonb), approvals_order_facts(text, text)
TO countersign_web, countersign_worker;

-- Whoever reads the books may prove that people's corrections went through four eyes.
GRANT EXECUTE ON FUNCTION approvals_content(bytea), approvals_contradiction(text, text, integer, integer, bigint)
TO countersign_web, countersign_worker;
