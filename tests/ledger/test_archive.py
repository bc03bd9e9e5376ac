"""Months of entries leave and come back: balances, statements and proofs go on without them, and nothing comes back changed."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from audit.archive.commands import archive_month, drop_month, reattach_month
from audit.archive.errors import ArchiveDiffers, NotArchivable
from audit.archive.months import archived_months
from audit.models import AuditEvent
from ledger.archive import ENTRIES
from ledger.commands import Line, close_period, reverse, take_snapshot
from ledger.commands.proofs import prove_books
from ledger.errors import MonthArchived
from ledger.queries import TimeBasis, balance_as_of, balances_as_of, revenue, statement
from ledger.queries.rows import select
from ledger.queries.snapshots import verify_snapshot
from ledger.snapshots.asked import SnapshotKind
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.ledger.horizon import prove_all, wait_for_others
from tests.ledger.house import ACME, FEES, GLOBEX, HOT, book, books_balance, deposit
from tests.ledger.past import rebook

pytestmark = pytest.mark.usefixtures("house")
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
NOW: dict[str, Any] = {"since": MAY, "until": datetime(2100, 1, 1, tzinfo=UTC)}

_AGAIN = """
    INSERT INTO ledger_entry_y2026m03
    SELECT gen_random_uuid(), booked_at, value_at, transaction_id, ordinal + 10, account_id, asset_id, debit, credit, balance_after,
           account_version, txid, cluster_epoch FROM ledger_entry_y2026m03
"""


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy in which commits are real, as in test_concurrency."""
    with django_db_blocker.unblock(), committed_copy():
        yield


@pytest.fixture(autouse=True)
def _months(house: None) -> None:
    deposit("march", ACME, 1_000, value_at=MARCH, settled_at=MARCH)
    book("fee-march", Line.debit(ACME, 30), Line.credit(FEES, 30), value_at=MARCH)
    deposit("april", ACME, 500, value_at=APRIL)
    deposit("ahead", GLOBEX, 70, value_at=APRIL + timedelta(days=2))
    deposit("today", ACME, 9)
    rebook({"march": MARCH, "fee-march": MARCH + timedelta(days=20), "ahead": APRIL - timedelta(days=1), "april": APRIL})
    for month in (3, 4):
        close_period(month=date(2026, month, 1), reason="month end")
    assert prove_all(full=True).run.broken == []


def _archive(directory: Path, month: datetime = MARCH) -> Any:
    return archive_month("ledger_entry", month.date(), directory=directory, reason="policy")


def _reattach(month: datetime = MARCH, file: Path | None = None) -> Any:
    return reattach_month("ledger_entry", month.date(), reason="asked for", file=file)


def _entries() -> int:
    count: int = select("SELECT count(*) AS entries FROM ledger_entry")[0]["entries"]
    return count


def _told() -> list[Any]:
    return [balances_as_of(NOW["until"]), balances_as_of(MAY, TimeBasis.VALUE), statement(ACME, **NOW), revenue(**NOW)]


def _proofs_hold() -> bool:
    return not prove_books(full=True).run.broken and not prove_books().run.broken


def test_a_month_leaves_and_everything_else_says_what_it_said(tmp_path: Path) -> None:
    before = _told()
    done = _archive(tmp_path)
    assert (done.partition, done.action, done.rows) == ("ledger_entry_y2026m03", "archived", 6)
    assert _entries() == 4
    assert _told() == before
    assert _proofs_hold()
    assert books_balance()
    assert balance_as_of(ACME, APRIL).posted == 970
    assert statement(ACME, since=APRIL, until=MAY).opening == 970
    event = AuditEvent.objects.get(type="audit.partition_archived")
    assert (event.resource_id, event.metadata["sha256"], event.reason) == (done.partition, done.sha256, "policy")


def test_what_needs_the_archived_entries_is_refused_by_name(tmp_path: Path) -> None:
    taken = take_snapshot(kind=SnapshotKind.BALANCES, at=MARCH + timedelta(days=9))
    _archive(tmp_path)
    asks: list[Callable[[], Any]] = [
        lambda: balance_as_of(ACME, MARCH + timedelta(days=9)),
        lambda: statement(ACME, since=MARCH, until=MAY),
        lambda: balance_as_of(HOT, MARCH + timedelta(days=9), TimeBasis.VALUE),
        # Booked in March, to count only in April.
        lambda: balance_as_of(GLOBEX, APRIL + timedelta(days=1), TimeBasis.VALUE),
        lambda: statement(HOT, since=APRIL, until=MAY, by=TimeBasis.VALUE),
        lambda: revenue(since=MARCH, until=MAY),
        lambda: reverse(reference_of="march", reference="back", reason="wrong", value_at=datetime.now(UTC)),
    ]
    for ask in asks:
        with pytest.raises(MonthArchived, match="reattach_partition ledger_entry 2026-03"):
            ask()
    # All that is archived of these counts before the moment: what was carried answers.
    assert balance_as_of(ACME, MARCH + timedelta(days=9), TimeBasis.VALUE).posted == 970
    assert balance_as_of(GLOBEX, APRIL + timedelta(days=3), TimeBasis.VALUE).posted == 70
    assert statement(ACME, since=APRIL, until=MAY, by=TimeBasis.VALUE).opening == 970
    assert verify_snapshot(taken.id).holds is None
    _reattach()
    assert verify_snapshot(taken.id).holds is True
    assert balance_as_of(GLOBEX, APRIL + timedelta(days=1), TimeBasis.VALUE).posted == 0


@pytest.mark.parametrize("dropped", [False, True])
def test_it_comes_back_as_it_was_with_all_its_guards(tmp_path: Path, dropped: bool) -> None:
    before = select("SELECT * FROM ledger_entry ORDER BY booked_at, id")
    done = _archive(tmp_path)
    if dropped:
        assert drop_month("ledger_entry", MARCH.date(), reason="policy").action == "dropped"
        assert select("SELECT to_regclass('archive.ledger_entry_y2026m03') AS gone") == [{"gone": None}]
        assert _proofs_hold()
    assert _reattach().sha256 == done.sha256
    assert select("SELECT * FROM ledger_entry ORDER BY booked_at, id") == before
    assert _proofs_hold()
    assert balance_as_of(ACME, MARCH + timedelta(days=9)).posted == 1_000
    with pytest.raises(Exception, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_entry_y2026m03")
    with pytest.raises(Exception, match="only together with their posting"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_AGAIN)
    assert _archive(tmp_path).sha256 == done.sha256


def test_months_leave_in_order_and_come_back_in_the_opposite_one(tmp_path: Path) -> None:
    with pytest.raises(NotArchivable, match="2026-03 is older and still attached"):
        _archive(tmp_path, APRIL)
    _archive(tmp_path)
    _archive(tmp_path, APRIL)
    assert balance_as_of(ACME, MAY).posted == 1_470
    assert _proofs_hold()
    with pytest.raises(NotArchivable, match="2026-04 was archived after it"):
        _reattach()
    _reattach(APRIL)
    _reattach()
    assert [(found.month.month, found.action) for found in archived_months(ENTRIES)] == [(3, "attached"), (4, "attached")]
    with pytest.raises(NotArchivable, match="it is attached"):
        _reattach()


def test_a_month_stays_while_anything_speaks_against_it(tmp_path: Path) -> None:
    deposit("more", ACME, 1)
    rebook({"more": MARCH + timedelta(days=2)})
    wait_for_others()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_period DISABLE TRIGGER ALL; UPDATE ledger_period SET status = 'open', closed_at = NULL")
    with pytest.raises(NotArchivable) as refused:
        _archive(tmp_path)
    assert refused.value.reasons == ["the month is not closed", "2 entries are not covered by a proof yet"]
    with pytest.raises(NotArchivable, match="it is not over yet"):
        archive_month("ledger_entry", datetime.now(UTC).date().replace(day=1), directory=tmp_path, reason="policy")
    assert list(tmp_path.iterdir()) == []
    assert archived_months(ENTRIES) == []


def _changed_file(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"\t1000\t", b"\t1001\t")))


def _cut_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _another_file(path: Path) -> None:
    path.write_bytes(b"not gzip at all")


@pytest.mark.parametrize("tamper", [_changed_file, _cut_file, _another_file])
def test_a_tampered_file_neither_lets_rows_go_nor_come_back(tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    path = Path(_archive(tmp_path).file)
    kept = path.read_bytes()
    tamper(path)
    with pytest.raises(ArchiveDiffers):
        drop_month("ledger_entry", MARCH.date(), reason="policy")
    path.write_bytes(kept)
    drop_month("ledger_entry", MARCH.date(), reason="policy")
    tamper(path)
    with pytest.raises(ArchiveDiffers):
        _reattach()
    assert _entries() == 4
    assert archived_months(ENTRIES)[0].action == "dropped"
    moved = tmp_path / "moved.tsv.gz"
    moved.write_bytes(kept)
    _reattach(file=moved)
    assert _entries() == 10


def test_rows_changed_in_the_archive_do_not_come_back(tmp_path: Path) -> None:
    _archive(tmp_path)
    with pytest.raises(Exception, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE archive.ledger_entry_y2026m03 SET debit = debit + 1 WHERE debit > 0")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive.ledger_entry_y2026m03 DISABLE TRIGGER ALL")
        cursor.execute("UPDATE archive.ledger_entry_y2026m03 SET debit = debit + 1 WHERE debit > 0")
    with pytest.raises(ArchiveDiffers):
        _reattach()
    assert (_entries(), archived_months(ENTRIES)[0].action) == (4, "archived")


def test_people_go_on_posting_while_a_month_leaves_and_comes_back(tmp_path: Path) -> None:
    done = Event()

    def posting(number: int) -> int:
        posted = 0
        while not done.is_set():
            deposit(f"deposit-{number}-{posted}", ACME if number % 2 else GLOBEX, 1)
            posted += 1
        return posted

    def archiving() -> int:
        try:
            for _ in range(3):
                _archive(tmp_path)
                _reattach()
            return 0
        finally:
            done.set()

    tasks: list[Callable[[], Any]] = [*(partial(posting, number) for number in range(3)), archiving]
    *posted, archived = at_once(tasks)
    assert archived == 0
    assert all(isinstance(count, int) and count > 0 for count in posted)
    assert balance_as_of(HOT, NOW["until"]).posted == 1_579 + sum(count for count in posted if isinstance(count, int))
    assert _proofs_hold()
