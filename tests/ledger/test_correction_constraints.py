"""Attacks on the links of corrections by somebody who types SQL as the owner of the database."""

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.commands import Line, adjust, reverse
from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, deposit
from tests.ledger.test_constraints import GOOD, _posting, _run

pytestmark = pytest.mark.usefixtures("house")
ORIGINAL = "(SELECT id FROM ledger_ledgertransaction WHERE reference = '{}')"
# `_posting` values its parent at midnight of that day.
AFTER = ("2026-11-20T00:00:00Z", "2026-11-20T13:00:00Z")


@pytest.fixture(autouse=True)
def _corrected(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)
    deposit("deposit-2", ACME, 1_000)
    deposit("deposit-3", ACME, 1_000)
    less = (Line.debit(ACME, 1), Line.credit(FEES, 1))
    adjust(reference_of="deposit-2", reference="adjusted", lines=less, reason="x", value_at=DAY)
    reverse(reference_of="deposit-3", reference="reversed", reason="x", value_at=DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


ATTACKS = {
    "an adjustment before its original": (_posting(*GOOD, adjusts=ORIGINAL.format("deposit-1")), "counts before deposit-1"),
    "a reversal before its original": (_posting(*GOOD, reverses=ORIGINAL.format("deposit-1")), "counts before deposit-1"),
    "an adjustment of what was reversed": (
        _posting(*GOOD, adjusts=ORIGINAL.format("deposit-3")).replace(*AFTER),
        "deposit-3 was reversed already",
    ),
    "a reversal of what is adjusted": (
        _posting(*GOOD, reverses=ORIGINAL.format("deposit-2")).replace(*AFTER),
        "deposit-2 is adjusted by adjusted",
    ),
    "a second reversal": (_posting(*GOOD, reverses=ORIGINAL.format("deposit-3")).replace(*AFTER), "duplicate key"),
    "a link to nothing": (_posting(*GOOD, adjusts="gen_random_uuid()").replace(*AFTER), "foreign key"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_correction_that_cannot_be_one_is_refused(name: str) -> None:
    attack, words = ATTACKS[name]
    before = LedgerTransaction.objects.count()
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        _run(attack, "SET CONSTRAINTS ALL IMMEDIATE")
    assert LedgerTransaction.objects.count() == before
    assert list(findings()) == []


@pytest.mark.parametrize(
    "lie",
    [
        "ALTER TABLE ledger_ledgertransaction DISABLE TRIGGER check_correction",
        "DROP TRIGGER check_correction ON ledger_ledgertransaction",
        "DROP TRIGGER check_correction ON ledger_ledgertransaction; CREATE TRIGGER check_correction AFTER INSERT ON"
        " ledger_ledgertransaction FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION ledger_check_correction();"
        " ALTER TABLE ledger_ledgertransaction ENABLE ALWAYS TRIGGER check_correction",
    ],
)
def test_a_guard_that_was_taken_away_or_weakened_is_found(lie: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(lie)
    assert [(finding.proof, finding.subject) for finding in findings()] == [("guards_are_in_place", "ledger_ledgertransaction")]
