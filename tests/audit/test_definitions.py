"""What a release made the database is recorded in the trail, and whoever leaves it otherwise is named."""

import pytest
from django.db import connection

from audit import definitions

pytestmark = pytest.mark.django_db
EVIL = """
CREATE SCHEMA evil;
CREATE FUNCTION evil.lie() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.actor_id := ''innocent''; RETURN NEW; END'
"""

LEFT_SO = {
    "a trigger on one month, with its function elsewhere": (
        f"{EVIL}; DO $$ BEGIN EXECUTE format('CREATE TRIGGER z BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION evil.lie()',"
        " to_char(now() AT TIME ZONE 'UTC', '\"audit_event_y\"YYYY\"m\"MM')); END $$",
        ("trigger z on partitions of audit_event", "was added"),
    ),
    "triggers that are off on one month": (
        f"{EVIL}; ALTER TABLE audit_event_default DISABLE TRIGGER ALL",
        None,
    ),
    "a rule": (
        "CREATE RULE quiet AS ON INSERT TO audit_event WHERE NEW.outcome = 'refused' DO INSTEAD NOTHING",
        ("rules and policies of audit_event", "was changed"),
    ),
    "a grant": ("GRANT UPDATE ON ledger_entry TO countersign_web", ("grants of ledger_entry", "was changed")),
    "a grant on one month": (
        "GRANT DELETE ON ledger_entry_default TO countersign_web",
        ("grants of partitions of ledger_entry", "was changed"),
    ),
    "a grant on one column": (
        "GRANT UPDATE (floor) ON ledger_account TO countersign_web",
        ("grants of ledger_account", "was changed"),
    ),
    "a function for everybody": (
        "GRANT EXECUTE ON FUNCTION ledger_month_figures(date) TO PUBLIC",
        ("function ledger_month_figures(date)", "was changed"),
    ),
    "a CHECK gone": (
        "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_is_a_debit_or_a_credit",
        ("constraints of ledger_entry", "was changed"),
    ),
    "a CHECK of the checkpoints gone": (
        "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE audit_checkpoint DROP CONSTRAINT %I', conname) FROM pg_constraint"
        " WHERE conrelid = 'audit_checkpoint'::regclass AND contype = 'c' LIMIT 1); END $$",
        ("constraints of audit_checkpoint", "was changed"),
    ),
    "a UNIQUE gone": (
        "ALTER TABLE ledger_ledgertransaction DROP CONSTRAINT ledger_ledgertransaction_reference_key",
        ("constraints of ledger_ledgertransaction", "was changed"),
    ),
    "row security": ("ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY", ("rules and policies of audit_event", "was changed")),
    "a view that says something else": (
        "DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW ledger_account_balance AS SELECT * FROM ('"
        " || rtrim(pg_get_viewdef('ledger_account_balance'), ';') || ') AS told WHERE account_id IS NOT NULL'; END $$",
        ("rules and policies of ledger_account_balance", "was changed"),
    ),
    "a default": (
        "ALTER TABLE approvals_person ALTER COLUMN active SET DEFAULT true",
        ("columns of approvals_person", "was changed"),
    ),
    "a column that may be empty": (
        "ALTER TABLE approvals_vote ALTER COLUMN digest DROP NOT NULL",
        ("columns of approvals_vote", "was changed"),
    ),
    "another owner": (
        "CREATE ROLE stranger; ALTER TABLE approvals_vote OWNER TO stranger",
        ("grants of approvals_vote", "was changed"),
    ),
    "a role that belongs to another": ("GRANT countersign_worker TO countersign_web", ("role countersign_web", "was changed")),
    "a function": (
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        ("function audit_refuse_change()", "was changed"),
    ),
}


@pytest.mark.parametrize("name", LEFT_SO)
def test_what_is_left_otherwise_is_named(name: str) -> None:
    change, named = LEFT_SO[name]
    released = definitions.current()
    assert list(definitions.differences(released)) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(change)
    found = dict(definitions.differences(released))
    assert found if named is None else found.get(named[0]) == named[1]


def test_a_month_more_or_less_is_no_difference() -> None:
    released = definitions.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE ledger_entry_y2031m01 PARTITION OF ledger_entry FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')"
        )
        cursor.execute("SELECT audit_guard_table('ledger_entry_y2031m01')")
        cursor.execute("ALTER TABLE ledger_entry DETACH PARTITION ledger_entry_y2031m01; DROP TABLE ledger_entry_y2031m01")
    assert list(definitions.differences(released)) == []
