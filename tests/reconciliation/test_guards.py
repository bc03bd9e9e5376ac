"""Attacks on the evidence by somebody who types SQL as the owner of the database."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit import clock
from audit.identity import new_id
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, IndexedBlock, Match
from tests.reconciliation import outside
from tests.transfers import world as worlds
from transfers.models import BankAccount

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence")]
TABLES = ("statementfile", "statement", "externalitem", "indexedblock", "match", "break")


@pytest.fixture
def evidence(bound: None) -> None:
    """A line nobody ordered with its break, another that has not been looked at, one that was matched, and a block."""
    worlds.build()
    account = BankAccount.objects.get(code=outside.BANK)
    outside.bank_source(account, last_sequence=0)
    outside.bank_line("185.00")
    match_open_items()
    outside.bank_line("20.00")
    outside.bank_line("30.00")
    matched = ExternalItem.objects.get(amount=3_000)
    _match(matched.id)
    ExternalItem.objects.filter(pk=matched.pk).update(status="matched")
    now = clock.now()
    IndexedBlock.objects.create(network="ethereum", number=1, hash="0x1", parent_hash="0x0", mined_at=now, indexed_at=now)
    with connection.cursor() as cursor:
        # As at a commit: no check of what went before is left to run.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _match(item_id: Any, leg: str = "01LEG", role: str = "payment") -> Match:
    return Match.objects.create(
        item_id=item_id, transfer_id=new_id(), leg_reference=leg, role=role, rule="x", confidence=100, matched_at=clock.now()
    )


def _refused(statement: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_deleted(table: str) -> None:
    _refused(f"DELETE FROM reconciliation_{table}", "keeps its history: DELETE is refused")
    _refused(f"TRUNCATE reconciliation_{table} CASCADE", "keeps its history: TRUNCATE is refused")


@pytest.mark.parametrize("table", TABLES)
def test_nor_by_a_replica_that_runs_no_usual_triggers(table: str) -> None:
    _refused(f"SET LOCAL session_replication_role = replica; DELETE FROM reconciliation_{table}", "DELETE is refused")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE reconciliation_externalitem SET amount = amount + 1",
            "column amount of reconciliation_externalitem never changes",
        ),
        ("UPDATE reconciliation_externalitem SET currency = 'USD'", "currency"),
        ("UPDATE reconciliation_externalitem SET direction = 'credit'", "direction"),
        ("UPDATE reconciliation_externalitem SET \"references\" = '[]'", "references"),
        ("UPDATE reconciliation_externalitem SET fingerprint = id::text", "fingerprint"),
        ("UPDATE reconciliation_indexedblock SET hash = '0x2'", "column hash of reconciliation_indexedblock never changes"),
        ("UPDATE reconciliation_break SET actual_amount = 0", "column actual_amount of reconciliation_break never changes"),
        ("UPDATE reconciliation_break SET deadline_at = deadline_at + interval '1 year'", "deadline_at"),
        ("UPDATE reconciliation_break SET transfer_id = id", "transfer_id"),
        ("UPDATE reconciliation_match SET confidence = 1", "keeps its history: UPDATE is refused"),
        ("UPDATE reconciliation_statement SET closing = 0", "keeps its history: UPDATE is refused"),
        ("UPDATE reconciliation_statementfile SET content = ''", "keeps its history: UPDATE is refused"),
    ],
)
def test_facts_never_change(statement: str, words: str) -> None:
    _refused(statement, words)
    _refused(f"SET LOCAL session_replication_role = replica; {statement}", words)


@pytest.mark.parametrize(
    ("amount", "status", "words"),
    [
        (3_000, "unmatched", "does not go from matched to unmatched"),
        (3_000, "break", "does not go from matched to break"),
        (3_000, "ignored", "does not go from matched to ignored"),
        (18_500, "unmatched", "does not go from break to unmatched"),
        (18_500, "matched", "is matched with nothing"),
        (2_000, "matched", "is matched with nothing"),
        (2_000, "break", "no break is about item"),
        (2_000, "gone", "does not go from unmatched to gone"),
    ],
)
def test_an_end_is_final_and_has_what_it_speaks_of(amount: int, status: str, words: str) -> None:
    _refused(f"UPDATE reconciliation_externalitem SET status = '{status}' WHERE amount = {amount}", words)


def test_an_item_starts_unmatched() -> None:
    columns = ", ".join(
        f'"{field.column}"' for field in ExternalItem._meta.concrete_fields if field.name not in ("id", "fingerprint")
    )
    _refused(
        f"INSERT INTO reconciliation_externalitem (id, fingerprint, {columns}) SELECT gen_random_uuid(), 'forged', {columns}"
        " FROM reconciliation_externalitem WHERE status = 'matched'",
        "starts as matched, not as unmatched",
    )


def test_an_item_proves_one_thing_and_a_thing_is_proved_once() -> None:
    matched, waiting = ExternalItem.objects.get(amount=3_000), ExternalItem.objects.get(amount=2_000)
    with pytest.raises(DatabaseError, match="item_id"), transaction.atomic():
        _match(matched.id, leg="01OTHER")
    with pytest.raises(DatabaseError, match="reconciliation_match_proves_a_subject_once"), transaction.atomic():
        _match(waiting.id)
    _match(waiting.id, role="gas")


def test_a_break_ends_with_a_time() -> None:
    _refused("UPDATE reconciliation_break SET status = 'resolved'", "reconciliation_break_end_has_time")
    Break.objects.update(status="resolved", resolved_at=clock.now(), resolution="a fee of the bank")


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("countersign_web", "UPDATE reconciliation_externalitem SET status = 'ignored'"),
        ("countersign_web", "INSERT INTO reconciliation_match SELECT * FROM reconciliation_match"),
        ("countersign_web", "INSERT INTO reconciliation_indexedblock SELECT * FROM reconciliation_indexedblock"),
        ("countersign_web", "UPDATE reconciliation_source SET account_identification = ''"),
        ("countersign_worker", "UPDATE reconciliation_externalitem SET amount = 0"),
        ("countersign_worker", "UPDATE reconciliation_indexedblock SET canonical = false"),
        ("countersign_worker", "UPDATE reconciliation_break SET title = 'nothing'"),
        ("countersign_worker", "UPDATE reconciliation_source SET start_block = 0"),
        ("countersign_worker", "DELETE FROM reconciliation_source"),
        ("countersign_signer", "SELECT * FROM reconciliation_externalitem"),
        ("countersign_sealer", "SELECT * FROM reconciliation_externalitem"),
    ],
)
def test_a_role_has_no_more_than_it_needs(role: str, statement: str, database_role: Any) -> None:
    with database_role(role):
        _refused(statement, "permission denied")
