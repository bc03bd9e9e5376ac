"""Real commits: what is asked as of a moment waits for postings in flight, holds nobody up, and never changes afterwards."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.context import Actor, bind
from ledger.commands import carry_forward, take_snapshot
from ledger.errors import LedgerError, StillPosting
from ledger.gateway import wait_until_closed
from ledger.queries import TimeBasis, balance_as_of, statement, statement_stream
from ledger.queries.rows import database_now, select
from ledger.queries.snapshots import verify_snapshot
from ledger.refusals import translated
from ledger.snapshots.asked import SnapshotKind
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.house import ACME, DAY, GLOBEX, HOT, deposit

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy in which commits are real, as in test_concurrency."""
    with django_db_blocker.unblock(), committed_copy():
        yield


def _until_somebody_waits() -> None:
    deadline = time.monotonic() + 30
    while not select("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


class _Late:
    """A posting that is booked at once and committed only when it is told to."""

    def __init__(self, reference: str, account_code: str = ACME) -> None:
        self._reference, self._account_code = reference, account_code
        self.booked, self.may_end = threading.Event(), threading.Event()
        self.booked_at: datetime | None = None
        self._pool = ThreadPoolExecutor(1)
        self._running = self._pool.submit(self._run)
        assert self.booked.wait(30)

    def _run(self) -> None:
        try:
            with bind(Actor.system("late"), correlation_id="late"), transaction.atomic():
                deposit(self._reference, self._account_code, 7)
                self.booked_at = database_now()
                self.booked.set()
                assert self.may_end.wait(60)
        finally:
            connection.close()

    def end(self) -> None:
        self.may_end.set()
        self._running.result(30)
        self._pool.shutdown()


def test_a_snapshot_waits_for_the_posting_that_commits_late_and_for_no_later_one() -> None:
    late = _Late("late")
    at, later = database_now(), list[_Late]()

    def ending() -> None:
        _until_somebody_waits()
        later.append(_Late("later", GLOBEX))
        late.end()

    taken, _ = at_once([lambda: take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=at), ending])
    assert not isinstance(taken, Exception)
    assert balance_as_of(ACME, at).posted == 7
    later[0].end()
    assert take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=at) == taken
    assert (balance_as_of(HOT, at).posted, balance_as_of(HOT, database_now()).posted) == (7, 14)


def test_one_that_stays_open_is_an_error_and_nothing_is_kept() -> None:
    late = _Late("late")
    at = database_now()
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute("SELECT ledger_wait_until_closed(%s, '50 milliseconds')", [at])
    assert isinstance(translated(refused.value), StillPosting)
    late.end()
    wait_until_closed(at)
    assert select("SELECT FROM ledger_snapshot") == []


def test_the_same_moment_says_the_same_while_others_post() -> None:
    deposit("first", ACME, 100)
    at, done = database_now(), threading.Event()
    asked: dict[str, Any] = {"kind": SnapshotKind.BALANCES, "at": DAY + timedelta(days=1), "by": TimeBasis.VALUE, "known_at": at}

    def posting(number: int) -> int:
        posted = 0
        while not done.is_set():
            deposit(f"deposit-{number}-{posted}", ACME if number % 2 else GLOBEX, 1)
            posted += 1
        return posted

    def asking() -> set[str]:
        try:
            return {take_snapshot(**asked).sha256 for _ in range(10)}
        finally:
            done.set()

    tasks: list[Callable[[], Any]] = [*(partial(posting, number) for number in range(4)), asking]
    *posted, hashes = at_once(tasks)
    assert isinstance(hashes, set)
    assert len(hashes) == 1
    assert all(isinstance(count, int) and count > 0 for count in posted)
    (found,) = [row["id"] for row in select("SELECT id FROM ledger_snapshot")]
    assert verify_snapshot(found).holds is True


def test_a_statement_is_of_one_moment_however_long_it_is_read() -> None:
    deposit("first", ACME, 100)
    until = database_now() + timedelta(hours=1)
    with statement_stream(HOT, since=DAY, until=until) as (head, rows):
        at_once([lambda: deposit("meanwhile", ACME, 5)])
        seen = list(rows)
    assert (head.closing, seen[-1].balance, len(seen)) == (100, 100, 1)
    assert statement(HOT, since=DAY, until=until).closing == 105


def test_points_are_carried_once_by_many_and_count_what_was_in_flight() -> None:
    late = _Late("late")
    at = database_now()

    def ending() -> None:
        _until_somebody_waits()
        late.end()

    results = at_once([*(lambda: carry_forward(until=at) for _ in range(4)), ending])
    assert not [result for result in results if isinstance(result, LedgerError)]
    assert sorted(results[:4], key=str) == [False, False, False, True]
    assert select("SELECT credits::integer FROM ledger_carry_balance ORDER BY credits") == [{"credits": 0}, {"credits": 7}]
