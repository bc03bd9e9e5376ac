"""Holds: placed, then settled, released or expired, once; every step may be repeated, late or twice."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from audit.models import AuditEvent
from ledger.commands import ExpireHold, HoldOp, Line, PlaceHold, ReleaseHold, SettleHold, apply_holds
from ledger.errors import (
    AccountClosed,
    BadPosting,
    HoldEnded,
    HoldUnknown,
    InsufficientFunds,
    LedgerError,
    NotGuarded,
    ReferenceReused,
    UnknownAccount,
)
from ledger.models import Hold
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, deposit, figures

pytestmark = pytest.mark.usefixtures("house")
HOLD = PlaceHold("hold-1", ACME, 400, expires_at=DAY)


@pytest.fixture(autouse=True)
def _funds(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)


def _refused(error: type[LedgerError], *operations: HoldOp) -> LedgerError:
    before = (figures(ACME), list(Hold.objects.values_list()), AuditEvent.objects.count())
    with pytest.raises(error) as refusal, transaction.atomic():
        apply_holds(*operations)  # type: ignore[arg-type]
    assert (figures(ACME), list(Hold.objects.values_list()), AuditEvent.objects.count()) == before
    return refusal.value


def _take(amount: int, settled: int | None = None) -> None:
    book("take", Line.debit(ACME, amount), Line.credit(FEES, amount), holds=(SettleHold("hold-1", settled or amount),))


def test_it_makes_money_unavailable_without_moving_it() -> None:
    apply_holds(PlaceHold("hold-1", ACME, 400, expires_at=datetime(2026, 12, 1, tzinfo=UTC)))
    assert figures(ACME) == (1_000, 400, 600)
    hold = Hold.objects.get(reference="hold-1")
    assert (hold.amount, hold.status, hold.correlation_id) == (400, "placed", "a test")
    assert hold.expires_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert AuditEvent.objects.filter(type="ledger.hold_placed", resource_id="hold-1").count() == 1


@pytest.mark.parametrize(("taken", "left"), [(400, 600), (150, 850), (1_000, 0)])
def test_it_settles_exactly_for_less_or_for_more(taken: int, left: int) -> None:
    apply_holds(HOLD)
    _take(taken)
    assert figures(ACME) == (left, 0, left)
    assert list(Hold.objects.values_list("status", "settled_amount")) == [("settled", taken)]


def test_settling_for_more_needs_the_rest_to_be_available() -> None:
    apply_holds(HOLD, PlaceHold("hold-2", ACME, 500))
    with pytest.raises(InsufficientFunds) as refusal, transaction.atomic():
        _take(501)
    assert (refusal.value.available, refusal.value.requested) == (100, 101)
    assert figures(ACME) == (1_000, 900, 100)


def test_it_may_settle_part_of_what_the_posting_takes() -> None:
    apply_holds(HOLD)
    _take(450, settled=400)
    assert figures(ACME) == (550, 0, 550)


@pytest.mark.parametrize(("ending", "status"), [(ReleaseHold("hold-1"), "released"), (ExpireHold("hold-1"), "expired")])
def test_it_ends_and_ending_again_changes_nothing(ending: ReleaseHold | ExpireHold, status: str) -> None:
    apply_holds(HOLD)
    apply_holds(ending)
    ended_at = Hold.objects.get(reference="hold-1").ended_at
    apply_holds(ending)
    apply_holds(ending, ending)
    hold = Hold.objects.get(reference="hold-1")
    assert (hold.status, hold.settled_amount, hold.ended_at) == (status, None, ended_at)
    assert figures(ACME) == (1_000, 0, 1_000)
    assert AuditEvent.objects.filter(type=f"ledger.hold_{status}").count() == 1


def test_placing_again_changes_nothing_even_after_its_end() -> None:
    apply_holds(HOLD)
    apply_holds(HOLD)
    assert figures(ACME) == (1_000, 400, 600)
    apply_holds(ReleaseHold("hold-1"))
    apply_holds(HOLD)
    assert figures(ACME) == (1_000, 0, 1_000)
    assert Hold.objects.count() == 1


def test_placing_and_ending_in_one_call() -> None:
    apply_holds(HOLD, ReleaseHold("hold-1"), PlaceHold("hold-2", ACME, 1_000))
    assert figures(ACME) == (1_000, 1_000, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ReleaseHold("hold-1"), ExpireHold("hold-1")),
        (ExpireHold("hold-1"), ReleaseHold("hold-1")),
    ],
)
def test_it_does_not_end_in_two_ways(first: ReleaseHold | ExpireHold, second: ReleaseHold | ExpireHold) -> None:
    apply_holds(HOLD, first)
    _refused(HoldEnded, second)
    with pytest.raises(HoldEnded), transaction.atomic():
        _take(400)


def test_a_settled_hold_is_neither_released_nor_settled_by_another_posting() -> None:
    apply_holds(HOLD)
    _take(400)
    error = _refused(HoldEnded, ReleaseHold("hold-1"))
    assert isinstance(error, HoldEnded)
    assert (error.reference, error.status) == ("hold-1", "settled")
    with pytest.raises(HoldEnded), transaction.atomic():
        book("take-again", Line.debit(ACME, 400), Line.credit(FEES, 400), holds=(SettleHold("hold-1", 400),))
    assert figures(ACME) == (600, 0, 600)


@pytest.mark.parametrize("other", [PlaceHold("hold-1", ACME, 401), PlaceHold("hold-1", GLOBEX, 400)])
def test_a_reference_stands_for_one_hold(other: PlaceHold) -> None:
    deposit("deposit-2", GLOBEX, 1_000)
    apply_holds(HOLD)
    error = _refused(ReferenceReused, other)
    assert isinstance(error, ReferenceReused)
    assert ("amount: 400 before, 401 now" in error.difference) is (other.amount == 401)


@pytest.mark.parametrize(
    ("error", "operation"),
    [
        (InsufficientFunds, PlaceHold("h", ACME, 1_001)),
        (UnknownAccount, PlaceHold("h", "client:nobody", 1)),
        (NotGuarded, PlaceHold("h", HOT, 1)),
        (HoldUnknown, ReleaseHold("h")),
        (HoldUnknown, ExpireHold("h")),
        (BadPosting, SettleHold("h", 1)),
    ],
)
def test_it_refuses(error: type[LedgerError], operation: HoldOp) -> None:
    _refused(error, operation)


def test_it_refuses_a_closed_account() -> None:
    from ledger.commands import close_account

    close_account(code=GLOBEX, reason="left us")
    _refused(AccountClosed, PlaceHold("h", GLOBEX, 1))


def test_all_or_nothing() -> None:
    _refused(InsufficientFunds, HOLD, PlaceHold("hold-2", ACME, 601))
    assert Hold.objects.count() == 0


def test_an_overdrawn_account_may_release_but_not_hold() -> None:
    apply_holds(HOLD)
    book("chargeback", Line.debit(ACME, 1_300), Line.credit(HOT, 1_300), forced_kind="chargeback")
    assert figures(ACME) == (-300, 400, -700)
    apply_holds(ReleaseHold("hold-1"))
    assert figures(ACME) == (-300, 0, -300)
    _refused(InsufficientFunds, PlaceHold("hold-2", ACME, 1))
