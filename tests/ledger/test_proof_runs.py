"""Runs that are kept: what the page and the alerts are told, in one open transaction, which no checkpoint ever passes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from audit.models import AuditEvent
from ledger.commands.proofs import prove_books
from ledger.models import ProofCheckpoint, ProofRun
from ledger.proofs.registry import all_proofs
from ledger.queries.proofs import latest_runs, proof_status, seconds_since_last_run
from tests.ledger.house import ACME, USDC, deposit

pytestmark = pytest.mark.usefixtures("house")
Role = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _a_deposit(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _state(name: str) -> tuple[str, int]:
    return next((status.state, status.found) for status in proof_status() if status.name == name)


def _lie(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_before_the_first_run_nothing_is_said() -> None:
    assert {status.state for status in proof_status()} == {"not run"}
    assert (latest_runs(), seconds_since_last_run()) == ([], None)


def test_a_run_is_kept_with_what_each_proof_found() -> None:
    run = prove_books(full=True).run
    assert (run.number, run.is_full, run.since, run.taken, run.broken) == (1, True, None, None, [])
    assert [kept["proof"] for kept in run.results] == [proof.name for proof in all_proofs()]
    statuses = proof_status()
    assert [status.name for status in statuses] == [proof.name for proof in all_proofs()]
    assert all(status.holds and status.says and status.proved_at == run.ended_at for status in statuses)
    assert timedelta(0) <= run.ended_at - run.started_at < timedelta(minutes=1)
    assert seconds_since_last_run() == 0


def test_thorough_proofs_run_in_a_full_proof_only() -> None:
    thorough = {proof.name for proof in all_proofs() if proof.thorough}
    assert "every_change_is_told" in thorough
    run = prove_books().run
    assert (run.is_full, run.since) == (False, None)
    assert {status.name for status in proof_status() if status.state == "not run"} == thorough


def test_the_figures_of_client_money_are_kept() -> None:
    prove_books()
    (status,) = [status for status in proof_status() if status.name == "client_money"]
    usdc = {"asset": USDC, "owed": "1000", "covered_by": "1000", "surplus": "0", "overdrawn": "0"}
    assert usdc in status.figures


def test_a_broken_proof_says_what_it_found_until_it_holds_again() -> None:
    _lie("UPDATE ledger_balance SET held = 7 WHERE credits = 1000")
    assert prove_books().run.broken == ["holds_match_held"]
    (status,) = [status for status in proof_status() if status.state == "broken"]
    assert status.found == 1
    assert [(finding.subject, finding.message) for finding in status.findings] == [(ACME, "held is 7, the placed holds are 0")]
    _lie("UPDATE ledger_balance SET held = 0 WHERE credits = 1000")
    assert prove_books().run.broken == []
    assert _state("holds_match_held") == ("holds", 0)


def test_that_something_broke_is_told_once_while_it_lasts() -> None:
    _lie("UPDATE ledger_balance SET held = 7 WHERE credits = 1000")
    for _ in range(3):
        prove_books()
    events = AuditEvent.objects.filter(type="ledger.proof_broken")
    assert [event.metadata["broken"] for event in events] == [["holds_match_held"]]


def test_no_checkpoint_passes_a_transaction_that_is_still_open() -> None:
    assert prove_books().run.taken is None
    with pytest.raises(DatabaseError, match="stays below the oldest transaction"), transaction.atomic():
        _lie(
            "SELECT ledger_take_proof_checkpoint(NULL, audit_current_epoch(), pg_current_xact_id()::text::bigint, '{}')",
        )
    assert ProofCheckpoint.objects.count() == 0


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_proof_run SET broken = '[]'",
        "DELETE FROM ledger_proof_run",
        "TRUNCATE ledger_proof_run",
        "TRUNCATE ledger_proof_checkpoint CASCADE",
        "TRUNCATE ledger_proof_sum",
    ],
)
def test_runs_and_checkpoints_are_never_rewritten(attack: str) -> None:
    prove_books()
    _lie("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        _lie(attack)
    assert ProofRun.objects.count() == 1


def test_the_worker_proves_and_keeps_and_web_only_reads(database_role: Role) -> None:
    with database_role("countersign_worker"):
        assert prove_books(full=True).run.broken == []
    with database_role("countersign_web"):
        assert {status.state for status in proof_status()} == {"holds"}
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            prove_books()
    assert ProofRun.objects.count() == 1
