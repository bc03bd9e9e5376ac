DROP FUNCTION approvals_order_facts(text, text);
DROP FUNCTION approvals_consume_limits(jsonb);
DROP FUNCTION approvals_count_limits(jsonb);
DROP FUNCTION approvals_limit_title(text, text, text);
DROP FUNCTION approvals_halt_on(jsonb);
