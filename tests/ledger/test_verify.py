"""manage.py verify_ledger: silent about true books, and each lie of an owner with SQL is found by the proof made for it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from ledger.commands import Line, PlaceHold, apply_holds
from ledger.proofs.registry import all_proofs
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, FEES, GLOBEX, book, deposit

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def _some_business(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)
    deposit("deposit-2", GLOBEX, 500)
    book("fee-1", Line.debit(ACME, 10), Line.credit(FEES, 10))
    apply_holds(PlaceHold("hold-1", ACME, 300))
    with connection.cursor() as cursor:
        # Deferred checks would keep ALTER TABLE from running in this transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _verify(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("verify_ledger", *arguments, stdout=out)
    return int(stop.value.code or 0), out.getvalue()


def test_true_books_pass_every_proof() -> None:
    names = [proof.name for proof in all_proofs()]
    code, words = _verify("--full")
    lines = words.splitlines()
    assert (code, lines[-2:]) == (0, ["proved from the first entry", f"all {len(names)} proofs hold"])
    assert [line.split()[:2] for line in lines[:-2]] == [["holds", name] for name in names]
    code, report = _verify("--json", "--full")
    told = json.loads(report)
    assert (code, told["verdict"], told["proofs"], told["findings"], told["since"]) == (0, "holds", names, [], None)
    assert [(result["proof"], result["holds"], result["from_checkpoint"]) for result in told["results"]] == [
        (name, True, None) for name in names
    ]


_UNGUARDED = "ALTER TABLE {0} DISABLE TRIGGER ALL; {1}; ALTER TABLE {0} ENABLE TRIGGER ALL"
LIES = {
    "assets_balance": ("ledger_entry", "UPDATE ledger_entry SET debit = debit + 1 WHERE debit = 500"),
    "transactions_balance": ("ledger_entry", "UPDATE ledger_entry SET credit = credit + 5 WHERE credit = 10"),
    "entries_have_their_transaction": (
        "ledger_entry",
        "UPDATE ledger_entry SET value_at = value_at - interval '1 day' WHERE debit = 10",
    ),
    "projection_matches_entries": (None, "UPDATE ledger_balance SET credits = credits + 1 WHERE credits = 500"),
    "accounting_equation": (None, "UPDATE ledger_balance SET debits = debits + 7 WHERE debits = 10"),
    "client_money": (None, "UPDATE ledger_balance SET credits = credits + 1000 WHERE credits = 500"),
    "every_account_has_a_balance": ("ledger_balance", "DELETE FROM ledger_balance WHERE credits = 500"),
    "running_balances_follow": ("ledger_entry", "UPDATE ledger_entry SET balance_after = 991 WHERE balance_after = 990"),
    "holds_match_held": (None, "UPDATE ledger_balance SET held = 299 WHERE held = 300"),
    "guards_are_in_place": (None, "ALTER TABLE ledger_entry_default DISABLE TRIGGER check_new_entries"),
}


@pytest.mark.parametrize("proof", LIES)
def test_each_lie_is_found_by_its_proof(proof: str) -> None:
    table, lie = LIES[proof]
    with connection.cursor() as cursor:
        cursor.execute(lie if table is None else _UNGUARDED.format(table, lie))
        assert cursor.rowcount != 0
    assert proof in {finding.proof for finding in findings()}
    code, report = _verify("--json")
    assert (code, json.loads(report)["verdict"]) == (1, "broken")


def test_a_finding_is_one_line_that_says_where_and_what() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balance SET held = 299 WHERE held = 300")
    code, words = _verify("--full")
    assert (code, words.splitlines()[-3:]) == (
        1,
        [
            f"holds_match_held: {ACME}: held is 299, the placed holds are 300",
            "proved from the first entry",
            f"1 of {len(all_proofs())} proofs do not hold",
        ],
    )


def test_entries_in_the_default_partition_are_reported() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('ledger_entry') WHERE isleaf ORDER BY 1")
        current = cursor.fetchall()[1][0]
        cursor.execute(f"ALTER TABLE ledger_entry DETACH PARTITION {current}")
    deposit("deposit-3", ACME, 1)
    assert "the_default_partition_is_empty" in {finding.proof for finding in findings()}


def test_it_says_when_it_could_not_check() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_hold RENAME TO hidden")
    code, words = _verify()
    assert (code, words.startswith("could not check:")) == (2, True)
