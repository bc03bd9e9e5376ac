"""Every table is answered for, honest business leaves no gap, and a row that was written, changed or deleted by SQL is one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from audit import coverage
from audit.commands import record
from audit.context import Actor, bind
from audit.inspection.complete import everything_is_told
from audit.inspection.findings import Report
from tests.audit.business import some_business
from tests.databases import committed_copy
from tests.ledger.lies import lie

# Tables of the frameworks: sessions, permissions, sign-in. None of our apps writes money there.
_FRAMEWORKS = ("django_", "auth_", "account_", "mfa_", "guardian_")


@pytest.fixture(scope="module")
def business(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once for this file, in a copy in which commits are real."""
    with django_db_blocker.unblock(), committed_copy():
        some_business()
        yield


@pytest.fixture
def db(business: None, django_db_blocker: Any) -> Iterator[None]:
    """Each test undoes what it did. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _gaps() -> list[tuple[str, int, int]]:
    return [(gap.table, gap.versions, gap.events) for gap in coverage.findings()]


def test_every_table_is_covered_or_says_why_it_holds_no_money_state(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace AND NOT starts_with(relname, 'pg_') ORDER BY 1"
        )
        there = {name for (name,) in cursor.fetchall() if not name.startswith(_FRAMEWORKS)}
    assert len(there) > 40
    answered = coverage.tables()
    assert sorted(there - set(answered)) == []
    assert sorted(set(answered) - there) == []


def test_reasons_are_sentences() -> None:
    reasons = [reason for reason in coverage.tables().values() if reason is not None]
    assert reasons
    assert [reason for reason in reasons if len(reason.split()) < 4] == []


def test_honest_business_leaves_no_gap_and_every_covered_table_has_rows(db: None) -> None:
    assert _gaps() == []
    empty = []
    with connection.cursor() as cursor:
        for table, reason in coverage.tables().items():
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if reason is None and not cursor.fetchone()[0]:
                empty.append(table)
    assert empty == []


LIES = {
    "ledger_asset": "INSERT INTO ledger_asset SELECT 'EUR', 'EUR', name, kind, exponent, network, '' FROM ledger_asset"
    " WHERE id = 'MXN'",
    "ledger_account": "UPDATE ledger_account SET status = 'closed', closed_at = now() WHERE code = 'house:funding:MXN'",
    "ledger_ledgertransaction": "DELETE FROM ledger_ledgertransaction WHERE reference = 'opening/gas'",
    "ledger_entry": "DELETE FROM ledger_entry WHERE transaction_id = (SELECT min(transaction_id::text)::uuid FROM ledger_entry)",
    "ledger_hold": "UPDATE ledger_hold SET status = 'released', ended_at = now() WHERE reference = 'stays'",
    "ledger_period": "UPDATE ledger_period SET status = 'closed', closed_at = now()",
    "ledger_proof_checkpoint": "UPDATE ledger_proof_checkpoint SET number = 7",
    "ledger_carry": "DELETE FROM ledger_carry",
    "ledger_snapshot": "DELETE FROM ledger_snapshot",
    "approvals_approvalrequest": "UPDATE approvals_approvalrequest SET executed_at = NULL WHERE executed_at IS NOT NULL",
    "approvals_vote": "DELETE FROM approvals_vote WHERE decision = 'reject'",
    "approvals_requestmaker": "DELETE FROM approvals_requestmaker WHERE id = (SELECT max(id) FROM approvals_requestmaker)",
    "approvals_halt": "UPDATE approvals_halt SET lifted_at = now() WHERE lifted_at IS NULL",
    "approvals_client": "UPDATE approvals_client SET status = 'active' WHERE id = 'globex'",
    "approvals_corridor": "UPDATE approvals_corridor SET fee_bps = 0 WHERE id = 'US-MX'",
    "approvals_destination": "INSERT INTO approvals_destination SELECT (jsonb_populate_record(old, jsonb_build_object('id',"
    " audit_new_id(), 'fingerprint', 'x'))).* FROM approvals_destination AS old WHERE kind = 'crypto_address'",
    "approvals_person": "UPDATE approvals_person SET active = false WHERE name = 'checker'",
    "approvals_apikey": "UPDATE approvals_apikey SET revoked_at = NULL",
    "approvals_apikey_controllers": "DELETE FROM approvals_apikey_controllers WHERE id = (SELECT min(id)"
    " FROM approvals_apikey_controllers)",
    "approvals_limit": "UPDATE approvals_limit SET amount = amount * 2 WHERE active",
    "approvals_limituse": "UPDATE approvals_limituse SET given_back_at = now() WHERE id = (SELECT min(id::text)::uuid"
    " FROM approvals_limituse WHERE given_back_at IS NULL)",
    "approvals_limitreturn": "DELETE FROM approvals_limitreturn",
    "approvals_policyset": "UPDATE approvals_policyset SET status = 'retired' WHERE version = 2",
    "approvals_policyrule": "DELETE FROM approvals_policyrule WHERE code = 'listed' AND set_id = 1",
    "approvals_policydecision": "DELETE FROM approvals_policydecision WHERE id = (SELECT min(id::text)::uuid"
    " FROM approvals_policydecision)",
    "transfers_transfer": "UPDATE transfers_transfer SET version = version - 1 WHERE status = 'FIAT_SETTLED'",
    "transfers_event": "DELETE FROM transfers_event WHERE to_status = 'FIAT_SETTLED'",
    "transfers_leg": "UPDATE transfers_leg SET money_state = 'posted' WHERE money_state = 'reserved'",
    "transfers_walletreservation": "UPDATE transfers_walletreservation SET ended_at = now() WHERE ended_at IS NULL",
    "transfers_arrival": "UPDATE transfers_arrival SET version = version + 1 WHERE status = 'credited'",
    "transfers_statedaddress": "DELETE FROM transfers_statedaddress",
    "transfers_syntheticrun": "UPDATE transfers_syntheticrun SET ended_at = now(), result = 'passed' WHERE ended_at IS NULL",
    "transfers_depositaddress": "DELETE FROM transfers_depositaddress",
    "transfers_bulkorder": "UPDATE transfers_bulkorder SET version = version + 1 WHERE status = 'in_progress'",
    "transfers_bulkpart": "UPDATE transfers_bulkpart SET status = 'given_back', ended_at = now() WHERE status = 'waiting'",
    "transfers_payoutrecall": "UPDATE transfers_payoutrecall SET version = version + 1",
    "transfers_cashback": "UPDATE transfers_cashback SET amount = amount + 1",
    "transfers_promotion": "DELETE FROM transfers_promotion",
    "transfers_cardbatch": "UPDATE transfers_cardbatch SET version = version + 1",
    "transfers_carddispute": "DELETE FROM transfers_carddispute",
    "transfers_bankcalendar": "UPDATE transfers_bankcalendar SET id = gen_random_uuid()",
    "transfers_liquiditylevel": "UPDATE transfers_liquiditylevel SET minimum = 0",
    "transfers_chaintransaction": "UPDATE transfers_chaintransaction SET attempt = 2 WHERE nonce = 0",
    "reconciliation_break": "UPDATE reconciliation_break SET status = 'resolved', resolved_at = now() WHERE type = 'balance'",
    "reconciliation_match": "DELETE FROM reconciliation_match",
}


def test_there_is_a_lie_about_every_covered_table() -> None:
    assert sorted(LIES) == sorted(table for table, reason in coverage.tables().items() if reason is None)


@pytest.mark.parametrize("table", LIES)
def test_a_change_by_sql_is_a_gap_of_its_table(db: None, table: str) -> None:
    lie(LIES[table], about=(table,))
    assert {gap.table for gap in coverage.findings()} == {table}


MORE_LIES = {
    "ledger_account": "UPDATE ledger_account SET guarded = true WHERE kind = 'wallet' AND status = 'open'",
    "ledger_period": "DELETE FROM audit_event WHERE type = 'ledger.period_closed'",
}


@pytest.mark.parametrize("table", MORE_LIES)
def test_a_state_that_the_trail_does_not_lead_to_is_a_gap(db: None, table: str) -> None:
    lie(MORE_LIES[table], about=(table, "audit_event"))
    assert {gap.table for gap in coverage.findings()} == {table}


def test_an_event_that_was_deleted_is_a_gap_too(db: None) -> None:
    lie("DELETE FROM audit_event WHERE type = 'approvals.halt_lifted'", about=("audit_event",))
    (gap,) = coverage.findings()
    assert (gap.table, gap.versions, gap.events) == ("approvals_halt", 2, 1)
    assert str(gap) == f"approvals_halt {gap.key}: 2 versions, 1 events"


def test_a_refused_attempt_is_no_version(db: None) -> None:
    with bind(Actor.system("test")):
        record(type="approvals.halt_placed", resource_type="halt", resource_id="x", outcome="refused", reason="no")
    assert list(coverage.findings()) == []


def test_verify_audit_looks_at_it_too(db: None) -> None:
    lie(LIES["ledger_hold"], about=("ledger_hold",))
    report = Report()
    everything_is_told(report)
    assert [(finding.check, finding.subject, finding.message) for finding in report.findings] == [
        ("complete", "ledger_hold stays", "2 versions, 1 events")
    ]


def test_a_role_that_may_not_read_everything_is_told_so(db: None, database_role: Any) -> None:
    report = Report()
    with database_role("countersign_sealer"):
        everything_is_told(report)
    assert (report.holds, len(report.notes)) == (True, 1)
