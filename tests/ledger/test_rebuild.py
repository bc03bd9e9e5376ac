"""The books rebuilt elsewhere, from the sealed trail alone, and held against the sums that the house gives along."""

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import AuditEvent
from ledger import rebuild
from ledger.commands import Batch, Line, Posting, post_batch
from tests.audit.log import KEY, House, house
from tests.audit.log import db as db
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, deposit, open_house
from tests.ledger.lies import lie

__all__ = ["db", "house"]
BOOKS = ("ledger_entry", "ledger_ledgertransaction", "ledger_balance")
Export = Callable[[], Path]


@pytest.fixture
def exported(house: House, settings: Any, tmp_path: Path) -> Export:
    """Some business, sealed; each call exports it anew."""
    settings.AUDIT_LOG_KEY = f"{KEY.public()}\n"
    open_house()
    deposit("funds", ACME, 1_000, metadata={"note": 'tab\t, "quoted", back\\slash — dash'})
    book("fee", Line.debit(ACME, 10), Line.credit(FEES, 10))
    moves = (Line.debit(ACME, 5), Line.credit(GLOBEX, 5))
    post_batch(Batch(tuple(Posting(reference=f"move-{n}", kind="move", value_at=DAY, lines=moves) for n in range(3))))
    house.seal(AuditEvent.objects.count())
    # After the checkpoint: on neither side of the comparison.
    deposit("later", ACME, 7)
    numbers = iter(range(100))

    def export() -> Path:
        directory = tmp_path / f"export-{next(numbers)}"
        call_command("export_audit", str(directory), stdout=StringIO())
        call_command("export_books", str(directory), stdout=StringIO())
        return directory

    return export


def test_the_books_are_what_the_trail_tells(exported: Export) -> None:
    report = rebuild.rebuild(exported())
    assert (report.findings, report.postings) == ([], 5)
    assert AuditEvent.objects.filter(type="audit.exported", resource_type="books").count() == 1


def test_it_runs_alone_with_nothing_of_ours(exported: Export, tmp_path: Path) -> None:
    alone = tmp_path / "alone.py"
    alone.write_text(Path(rebuild.__file__).read_text())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(exported()), "--json"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, json.loads(done.stdout)["holds"]) == (0, True), done.stderr


LIES: dict[str, tuple[tuple[str, ...], str]] = {
    "an amount": (
        ("UPDATE ledger_entry SET debit = debit * 2, credit = credit * 2 WHERE transaction_id IN"
         " (SELECT id FROM ledger_ledgertransaction WHERE reference = 'fee')",),
        f"account {FEES}: the books say debits 0, credits 20, 1 entries; the trail tells debits 0, credits 10, 1 entries",
    ),
    "another account": (
        (f"UPDATE ledger_entry SET account_id = (SELECT id FROM ledger_account WHERE code = '{GLOBEX}') WHERE account_id ="
         f" (SELECT id FROM ledger_account WHERE code = '{FEES}')",),
        f"account {FEES}: the books say debits 0, credits 0, 0 entries; the trail tells debits 0, credits 10, 1 entries",
    ),
    "a posting gone": (
        ("DELETE FROM ledger_entry WHERE transaction_id = (SELECT id FROM ledger_ledgertransaction WHERE reference = 'move-1')",),
        f"account {GLOBEX}: the books say debits 0, credits 10, 2 entries; the trail tells debits 0, credits 15, 3 entries",
    ),
    "a posting that nobody told": (
        ("INSERT INTO ledger_entry SELECT (jsonb_populate_record(entry, jsonb_build_object('id', gen_random_uuid(),"
         " 'transaction_id', '00000000-0000-0000-0000-000000000001'))).* FROM ledger_entry AS entry"
         " JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id WHERE posting.reference = 'funds'",),
        f"account {HOT}: the books say debits 2000, credits 0, 2 entries; the trail tells debits 1000, credits 0, 1 entries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_superuser_who_changed_the_books_and_what_asks_them_is_found(name: str, exported: Export) -> None:
    statements, found = LIES[name]
    lie(*statements, about=BOOKS)
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('ledger_events_after(integer, bigint)'::regprocedure),"
            " 'WHERE', 'WHERE false AND'); END $$"
        )
    assert found in rebuild.rebuild(exported()).findings


def test_an_export_of_another_house_or_of_none_is_refused(exported: Export, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no export"):
        call_command("export_books", str(tmp_path), stdout=StringIO())
    directory = exported()
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_books", str(directory), stdout=StringIO())
    (directory / "books.tsv").write_text("")
    assert rebuild.main([str(directory)]) == 2
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps(manifest | {"size": 10**6}))
    (directory / "books.tsv").unlink()
    with pytest.raises(CommandError, match="another house"):
        call_command("export_books", str(directory), stdout=StringIO())


DEBIT = {"account": "a", "debit": "1", "credit": "0"}
TOLD: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "a posting on an account that was never opened": (
        [("post", {"reference": "p", "lines": [DEBIT, DEBIT | {"debit": "0", "credit": "1"}]})],
        "posting p is on account a, which was never opened",
    ),
    "a posting that does not balance": (
        [("open", {"code": "a", "asset_id": "X"}), ("post", {"reference": "p", "lines": [DEBIT]})],
        "posting p does not balance in X: 1",
    ),
    "a posting told twice": ([("post", {"reference": "p", "lines": []})] * 2, "posting p is told twice"),
    "an account opened twice": ([("open", {"code": "a", "asset_id": "X"})] * 2, "account a is told to have been opened twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_a_trail_that_tells_nonsense_is_found(name: str) -> None:
    told, found = TOLD[name]
    books = rebuild.Books(rebuild.Report())
    for verb, facts in told:
        getattr(books, verb)(facts)
    assert found in books.report.findings
