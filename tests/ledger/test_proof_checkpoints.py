"""Incremental proofs, where commits are real: what a checkpoint holds, what it never passes, and which lies it hides."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from psycopg.types.json import Jsonb

from audit.models import AuditEvent
from ledger.commands import Line, proofs, set_account_guarded
from ledger.commands.proofs import Proved, prove_books
from ledger.errors import SwitchTooSoon
from ledger.models import ProofCheckpoint, ProofSum
from ledger.proofs import registry
from ledger.proofs.registry import Proof, asked
from ledger.queries.proofs import latest_checkpoint, proof_status
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.horizon import prove_all
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, deposit
from tests.ledger.lies import lie

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In this file `db` is a copy in which commits are real. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), committed_copy():
        yield


@pytest.fixture(autouse=True)
def _a_checkpoint_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "CHECKPOINT_ENTRIES", 1)


@contextmanager
def _another_session() -> Iterator[psycopg.Connection]:
    at = connection.settings_dict
    with psycopg.connect(dbname=at["NAME"], host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"]) as other:
        yield other


def _sums() -> dict[str, tuple[int, int, int]]:
    at = latest_checkpoint().checkpoint
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account.code, proved.debits, proved.credits, proved.entries FROM ledger_proved_sums(%s) AS proved"
            " JOIN ledger_account AS account ON account.id = proved.account_id",
            [at],
        )
        return {code: (int(debit), int(credit), entries) for code, debit, credit, entries in cursor.fetchall()}


def _taken(proved: Proved) -> ProofCheckpoint:
    assert proved.run.broken == []
    assert proved.run.taken is not None
    return proved.run.taken


def test_a_checkpoint_keeps_the_sums_of_what_moved() -> None:
    deposit("deposit-1", ACME, 1_000)
    deposit("deposit-2", GLOBEX, 500)
    first = _taken(prove_all())
    assert (first.number, first.entries, first.postings) == (1, 4, 2)
    book("fee-1", Line.debit(ACME, 10), Line.credit(FEES, 10))
    proved = prove_all()
    second = _taken(proved)
    assert (proved.run.is_full, proved.run.since, second.number, second.entries, second.postings) == (False, first, 2, 6, 3)
    assert _sums() == {ACME: (10, 1_000, 2), GLOBEX: (0, 500, 1), HOT: (1_500, 0, 2), FEES: (0, 10, 1)}
    assert ProofSum.objects.filter(checkpoint=second).count() == 2


def test_the_audit_trail_repeats_the_figures_of_a_checkpoint() -> None:
    deposit("deposit-1", ACME, 1_000)
    taken = _taken(prove_all())
    told = AuditEvent.objects.get(type="ledger.proved")
    assert (told.resource_id, told.metadata["digest"]) == ("1", bytes(taken.digest).hex())
    assert (told.metadata["entries"], told.metadata["postings"], told.metadata["as_of_txid"]) == (2, 1, taken.as_of_txid)
    assert told.metadata["assets"] == {"USDC.ethereum": {"debits": "1000", "credits": "1000"}}


def test_nothing_new_leaves_no_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    deposit("deposit-1", ACME, 1_000)
    _taken(prove_all())
    assert prove_books().run.taken is None
    monkeypatch.setattr(proofs, "CHECKPOINT_ENTRIES", 3)
    deposit("deposit-2", ACME, 1)
    assert prove_books().run.taken is None
    monkeypatch.setattr(proofs, "CHECKPOINT_AGE", timedelta(0))
    assert _taken(prove_all()).entries == 4


def test_a_posting_that_commits_late_is_never_missed() -> None:
    """It takes its transaction id first and commits last, after a checkpoint over later ids was asked for."""
    deposit("deposit-0", ACME, 7)
    _taken(prove_all())
    with _another_session() as late:
        late.execute("SELECT pg_current_xact_id()")
        deposit("deposit-1", ACME, 100)
        early = prove_books()
        assert (early.run.broken, early.run.taken) == ([], None)
        _post_in(late, "late", 5)
    assert (_taken(prove_all()).entries, _sums()[ACME]) == (6, (0, 112, 3))


def test_a_checkpoint_leaves_no_gap_in_a_guarded_account() -> None:
    """One takes its id early and its turn on the account late: while a third still runs between them, the checkpoint waits."""
    with _another_session() as early, _another_session() as third:
        early.execute("SELECT pg_current_xact_id()")
        third.execute("SELECT pg_current_xact_id()")
        deposit("deposit-1", ACME, 100)
        _post_in(early, "deposit-2", 10)
        early.commit()
        waiting = prove_books()
        assert (waiting.run.broken, waiting.run.taken) == ([], None)
    assert _taken(prove_all()).entries == 4
    deposit("deposit-3", ACME, 1)
    assert _taken(prove_all()).entries == 6


def _post_in(session: psycopg.Connection, reference: str, amount: int) -> None:
    """What `deposit` does, in the session's open transaction."""
    request = {
        "reference": reference,
        "kind": "deposit",
        "description": "",
        "value_at": DAY.isoformat(),
        "forced_kind": "",
        "metadata": {},
        "holds": [],
        "lines": [
            {"account": HOT, "debit": str(amount), "credit": "0"},
            {"account": ACME, "debit": "0", "credit": str(amount)},
        ],
        "context": {"actor_type": "system", "actor_id": "late", "correlation_id": "x", "occurred_at": DAY.isoformat()},
    }
    session.execute("SELECT ledger_post(%s)", [Jsonb(request)])


def _posts(number: int) -> None:
    """Transactions that take their id early and their turn on the accounts late, and commit in no order."""
    for turn in range(8):
        while True:
            # One that met the switch of the account's mode is repeated.
            with suppress(OperationalError):
                _post_late(f"deposit-{number}-{turn}", (ACME, GLOBEX)[turn % 2], (number * 7 + turn * 3) % 5)
                break


def _post_late(reference: str, account: str, delay: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id(), pg_sleep(%s)", [delay / 200])
        deposit(reference, account, 10)


def _switches() -> None:
    for turn in range(6):
        with suppress(SwitchTooSoon, OperationalError):
            set_account_guarded(code=HOT, guarded=turn % 2 == 0, reason="a test")


def _proves() -> list[list[str]]:
    return [prove_books().run.broken for _ in range(8)]


def test_checkpoints_taken_while_many_post_and_an_account_is_switched_lose_and_double_nothing() -> None:
    tasks: list[Callable[[], object]] = [*(partial(_posts, number) for number in range(6)), _switches, _proves]
    results = at_once(tasks)
    assert results == [None] * 7 + [[[]] * 8]
    assert prove_all(full=True).run.broken == []
    assert latest_checkpoint().entries == 96
    assert {code: sums[2] for code, sums in _sums().items()} == {ACME: 24, GLOBEX: 24, HOT: 48}


def test_a_broken_book_gets_no_checkpoint() -> None:
    deposit("deposit-1", ACME, 1_000)
    first = _taken(prove_all())
    deposit("deposit-2", ACME, 5)
    lie("UPDATE ledger_entry SET value_at = value_at - interval '1 day' WHERE credit = 5", about=("ledger_entry",))
    proved = prove_books()
    assert (proved.run.broken, proved.run.taken) == (["entries_have_their_transaction"], None)
    assert latest_checkpoint().checkpoint == first.number


def test_a_lie_before_the_checkpoint_is_found_by_a_full_proof_and_stays_found() -> None:
    deposit("deposit-1", ACME, 1_000)
    _taken(prove_all())
    lie("UPDATE ledger_entry SET value_at = value_at - interval '1 day' WHERE credit = 1000", about=("ledger_entry",))
    assert prove_books().run.broken == []
    assert prove_books(full=True).run.broken == ["entries_have_their_transaction"]
    deposit("deposit-2", ACME, 5)
    proved = prove_books()
    assert (proved.run.broken, proved.run.taken) == ([], None)
    assert [status.name for status in proof_status() if not status.holds] == ["entries_have_their_transaction"]
    lie("UPDATE ledger_entry SET value_at = value_at + interval '1 day' WHERE credit = 1000", about=("ledger_entry",))
    assert _taken(prove_all(full=True)).entries == 4
    assert {status.state for status in proof_status()} == {"holds"}


def test_a_proof_may_take_longer_than_the_process_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's statements end after a minute; ten million entries take longer."""
    deposit("deposit-1", ACME, 1_000)
    slow = Proof(
        name="slow", says="A test takes its time.", find=asked("SELECT 'x' AS subject, pg_sleep(0.3)::text || NULL AS message")
    )
    monkeypatch.setitem(registry._proofs, "slow", slow)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '200ms'")
    assert prove_books(full=True).run.broken == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("200ms",)
