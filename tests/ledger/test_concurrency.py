"""Real connections, real commits: what must hold when several do the same at once. Exact counts."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import AuditEvent
from ledger.chart import AccountKind
from ledger.commands import (
    Batch,
    Line,
    PlaceHold,
    Posted,
    Posting,
    ReleaseHold,
    advance_checkpoints,
    apply_holds,
    close_account,
    close_period,
    open_account,
    post_batch,
    reverse,
)
from ledger.errors import AccountClosed, AlreadyReversed, InsufficientFunds, PeriodClosed
from ledger.models import Balance, Hold, LedgerTransaction
from ledger.queries import balance
from ledger.queries.proofs import findings
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.house import ACME, DAY, FEES, FUNDING, GLOBEX, HOT, USDC, book, deposit, figures

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In this file `db` is a copy in which commits are real. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), committed_copy():
        yield


def _advance_to(entries: int) -> None:
    """Advance until the hot wallet's checkpoint covers `entries`: another test's open transaction may hold the horizon back."""
    deadline = time.monotonic() + 60
    while Balance.objects.get(account__code=HOT).version < entries:
        assert time.monotonic() < deadline
        advance_checkpoints()


def _kinds(results: Sequence[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_sixteen_holds_against_funds_for_ten_leave_exactly_ten() -> None:
    deposit("deposit-1", ACME, 1_000)
    results = at_once([partial(apply_holds, PlaceHold(f"withdrawal-{number}", ACME, 100)) for number in range(16)])
    assert _kinds(results) == {"NoneType": 10, "InsufficientFunds": 6}
    assert {(error.available, error.requested) for error in results if isinstance(error, InsufficientFunds)} == {(0, 100)}
    assert Hold.objects.filter(status="placed").count() == 10
    assert AuditEvent.objects.filter(type="ledger.hold_placed").count() == 10
    assert figures(ACME) == (1_000, 1_000, 0)
    assert list(findings()) == []


def test_forty_identical_postings_book_once() -> None:
    results = at_once([partial(deposit, "deposit-1", ACME, 100) for _ in range(40)])
    assert len({result.id for result in results if isinstance(result, Posted)}) == 1
    assert Counter(result.replayed for result in results if isinstance(result, Posted)) == {True: 39, False: 1}
    assert LedgerTransaction.objects.count() == 1
    assert AuditEvent.objects.filter(type="ledger.posted").count() == 1
    assert figures(ACME) == (100, 0, 100)


def test_crossing_postings_never_deadlock() -> None:
    deposit("deposit-1", ACME, 10_000)
    deposit("deposit-2", GLOBEX, 10_000)
    there = [partial(book, f"there-{n}", Line.debit(ACME, 10), Line.credit(GLOBEX, 10)) for n in range(12)]
    back = [partial(book, f"back-{n}", Line.debit(GLOBEX, 10), Line.credit(ACME, 10)) for n in range(12)]
    results = at_once([task for pair in zip(there, back, strict=True) for task in pair])
    assert _kinds(results) == {"Posted": 24}
    assert (figures(ACME), figures(GLOBEX)) == ((10_000, 0, 10_000), (10_000, 0, 10_000))
    assert list(findings()) == []


def test_a_hold_is_released_once_by_many() -> None:
    deposit("deposit-1", ACME, 100)
    apply_holds(PlaceHold("hold-1", ACME, 100))
    results = at_once([partial(apply_holds, ReleaseHold("hold-1")) for _ in range(8)])
    assert _kinds(results) == {"NoneType": 8}
    assert figures(ACME) == (100, 0, 100)
    assert AuditEvent.objects.filter(type="ledger.hold_released").count() == 1


def test_a_posting_is_reversed_once_by_many() -> None:
    deposit("deposit-1", ACME, 100)
    tasks = [
        partial(reverse, reference_of="deposit-1", reference=f"back-{number}", reason="test", value_at=DAY) for number in range(8)
    ]
    results = at_once(tasks)
    assert _kinds(results) == {"Posted": 1, "AlreadyReversed": 7}
    assert all(error.reference == "deposit-1" for error in results if isinstance(error, AlreadyReversed))
    assert figures(ACME) == (0, 0, 0)


def test_a_collecting_account_is_never_waited_for() -> None:
    """One session sits on an uncommitted posting; another books on the same house account meanwhile and is done first."""
    book("stock", Line.debit(HOT, 10), Line.credit(FUNDING, 10))
    with transaction.atomic():
        book("slow", Line.debit(HOT, 1), Line.credit(FUNDING, 1))
        done = at_once([partial(book, f"quick-{number}", Line.debit(HOT, 2), Line.credit(FUNDING, 2)) for number in range(4)])
        assert _kinds(done) == {"Posted": 4}
    assert figures(HOT)[0] == 10 + 1 + 8
    assert Balance.objects.get(account__code=HOT).version == 0


def test_a_checkpoint_stops_before_a_posting_that_is_still_open() -> None:
    """The open posting has an older transaction id than ones that are committed: a checkpoint past it would lose it."""
    reached, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            book("slow", Line.debit(HOT, 1), Line.credit(FUNDING, 1))
            reached.set()
            assert go_on.wait(120)

    def quick() -> tuple[int, int]:
        assert reached.wait(120)
        try:
            book("quick", Line.debit(HOT, 20), Line.credit(FUNDING, 20))
            _advance_to(1)
            return Balance.objects.get(account__code=HOT).debits, figures(HOT)[0]
        finally:
            go_on.set()

    book("before", Line.debit(HOT, 300), Line.credit(FUNDING, 300))
    assert at_once([slow, quick]) == [None, (300, 320)]
    assert figures(HOT)[0] == 321
    _advance_to(3)
    checkpoint = Balance.objects.get(account__code=HOT)
    assert (checkpoint.debits, checkpoint.credits, checkpoint.version) == (321, 0, 3)
    assert figures(HOT)[0] == 321
    assert advance_checkpoints() == 0
    assert list(findings()) == []


def test_balances_stay_right_while_checkpoints_move_under_load() -> None:
    postings = [partial(book, f"posting-{number}", Line.debit(HOT, 1), Line.credit(FUNDING, 1)) for number in range(12)]
    tasks: list[Callable[[], object]] = [*postings, *[advance_checkpoints] * 4]
    results = at_once(tasks)
    assert _kinds(results) == {"Posted": 12, "int": 4}
    assert (figures(HOT)[0], balance(HOT).entries) == (12, 12)
    assert list(findings()) == []


def test_a_restored_database_counts_entries_of_the_new_epoch() -> None:
    """After a restore elsewhere transaction ids start again below the checkpoint; the epoch keeps them above it."""
    book("before", Line.debit(HOT, 5), Line.credit(FUNDING, 5))
    _advance_to(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balance SET as_of_txid = 9000000000000000 WHERE as_of_txid > 0")
        cursor.execute(
            "INSERT INTO audit_cluster_epoch "
            "(epoch, system_identifier, first_txid, reason) VALUES (2, 1, 1, 'as restored elsewhere')"
        )
    book("after", Line.debit(HOT, 7), Line.credit(FUNDING, 7))
    assert figures(HOT)[0] == 12
    _advance_to(2)
    assert figures(HOT)[0] == 12
    assert list(findings()) == []


def test_a_month_closes_after_the_postings_in_flight_and_before_the_next() -> None:
    day = DAY.replace(month=10)
    started = threading.Event()

    def posting() -> None:
        with transaction.atomic():
            book("in-flight", Line.debit(HOT, 1), Line.credit(FUNDING, 1), value_at=day)
            started.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)")

    def closing() -> bool:
        assert started.wait(30)
        return close_period(month=day.date(), reason="month end")

    assert at_once([posting, closing]) == [None, True]
    with pytest.raises(PeriodClosed):
        book("too-late", Line.debit(HOT, 1), Line.credit(FUNDING, 1), value_at=day)
    assert list(LedgerTransaction.objects.values_list("reference", flat=True)) == ["in-flight"]


def test_an_account_closes_or_takes_the_posting_but_never_both() -> None:
    for number in range(5):
        code = f"fees:round-{number}:{USDC}"
        open_account(code=code, name=code, kind=AccountKind.FEE_INCOME, asset_id=USDC)
        tasks: list[Callable[[], object]] = [
            partial(book, f"posting-{number}", Line.debit(FEES, 1), Line.credit(code, 1)),
            partial(close_account, code=code, reason="test"),
        ]
        posting, closing = at_once(tasks)
        now = balance(code)
        if isinstance(posting, AccountClosed):
            assert (closing, now.status, now.posted) == (None, "closed", 0)
        else:
            assert (type(closing).__name__, now.status, now.posted) == ("AccountNotEmpty", "open", 1)


def test_the_same_batch_sent_by_eight_is_booked_once() -> None:
    deposit("funds", ACME, 1_000)
    lines = (Line.debit(ACME, 1), Line.credit(GLOBEX, 1))
    batch = Batch(tuple(Posting(reference=f"p{number}", kind="payroll", value_at=DAY, lines=lines) for number in range(50)))
    results = at_once([partial(post_batch, batch)] * 8)
    told = [line for result in results if isinstance(result, tuple) for line in result]
    assert sum(not line.replayed for line in told) == 50
    assert set(_kinds(results)) <= {"tuple", "BookedMeanwhile"}
    assert all(line.replayed for line in post_batch(batch))
    assert figures(ACME) == (950, 0, 950)
    assert AuditEvent.objects.filter(type="ledger.posted").count() == 51
    assert list(findings()) == []
