"""Books in which every column has something to say, with a checkpoint in the middle. For tests that lie about each."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from audit.context import Actor, bind
from ledger.chart import AccountKind
from ledger.commands import (
    ExpireHold,
    Line,
    PlaceHold,
    SettleHold,
    adjust,
    apply_holds,
    carry_forward,
    close_account,
    close_period,
    open_account,
    post_batch,
    reopen_period,
    reverse,
    set_account_guarded,
    take_snapshot,
)
from ledger.posting import Batch, Posting
from ledger.queries.rows import database_now
from ledger.snapshots.asked import SnapshotKind
from tests.databases import committed_copy
from tests.ledger.horizon import prove_all
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, USDC, book, deposit, open_house

OWN = UUID("0190b6e0-0000-7000-8000-000000000001")


@pytest.fixture(scope="module")
def whole(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once for the file that asks for it, in a copy in which commits are real."""
    with django_db_blocker.unblock(), committed_copy():
        with bind(Actor.system("pytest"), correlation_id="a test"):
            open_house()
            _business("before")
            assert prove_all().run.taken is not None
            _business("after")
            _months()
        yield


@pytest.fixture
def db(whole: None, django_db_blocker: Any) -> Iterator[None]:
    """Each test undoes what it did. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _business(when: str) -> None:
    deposit(f"{when}-1", ACME, 1_000, settled_at=DAY, transaction_id=OWN, description="in")
    deposit(f"{when}-2", GLOBEX, 500, metadata={"note": "x"})
    book(f"{when}-fee", Line.debit(ACME, 10), Line.credit(FEES, 10))
    book(f"{when}-wrong", Line.debit(ACME, 7), Line.credit(FEES, 7))
    reverse(reference_of=f"{when}-wrong", reference=f"{when}-undone", reason="wrong", value_at=datetime.now(UTC))
    adjust(
        reference_of=f"{when}-fee",
        reference=f"{when}-more",
        reason="too little",
        value_at=datetime.now(UTC),
        lines=(Line.debit(ACME, 1), Line.credit(FEES, 1)),
    )
    later = datetime.now(UTC) + timedelta(days=9)
    ends = {"open": later, "paid": later, "late": DAY}
    apply_holds(*(PlaceHold(f"{when}-{name}", ACME, 100, end, OWN) for name, end in ends.items()))
    apply_holds(PlaceHold(f"{when}-alone", ACME, 5, expires_at=later), transaction_id=OWN)
    book(f"{when}-paid", Line.debit(ACME, 90), Line.credit(HOT, 90), holds=(SettleHold(f"{when}-paid", 90),))
    apply_holds(ExpireHold(f"{when}-late"))
    lines = (Line.debit(HOT, 1), Line.credit(ACME, 1))
    post_batch(Batch(tuple(Posting(reference=f"{when}-batch-{n}", kind="deposit", value_at=DAY, lines=lines) for n in range(3))))
    open_account(code=f"wallet:{when}", name="x", kind=AccountKind.WALLET, asset_id=USDC)
    set_account_guarded(code=f"wallet:{when}", guarded=True, reason="x")
    close_account(code=f"wallet:{when}", reason="x")
    carry_forward(until=database_now())


def _months() -> None:
    close_period(month=date(2026, 1, 1), reason="over")
    reopen_period(month=date(2026, 1, 1), reason="a late invoice")
    close_period(month=date(2026, 1, 1), reason="over again")
    close_period(month=date(2026, 2, 1), reason="over")
    reopen_period(month=date(2026, 2, 1), reason="another late invoice")
    take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=datetime(2026, 1, 1, tzinfo=UTC))
