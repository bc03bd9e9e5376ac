"""Corrections, to be read like a bookkeeping course: nothing is changed, what was wrong stays visible, and the link says why."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Q

from ledger.commands import Line, Posted, adjust, close_period, reverse
from ledger.commands.corrections import rehearse_correction, reversal_posting
from ledger.errors import (
    AlreadyReversed,
    BadPosting,
    InsufficientFunds,
    LedgerError,
    PeriodClosed,
    ReferenceReused,
    StillAdjusted,
    UnknownPosting,
)
from ledger.models import LedgerTransaction
from ledger.queries import Corrections, TimeBasis, corrections_of, statement, value_time_of_correction
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, books_balance, deposit, figures

pytestmark = pytest.mark.usefixtures("house")

UNIT = 1_000_000
OCTOBER = datetime(2026, 10, 30, 9, tzinfo=UTC)
FEE = (Line.debit(ACME, 1 * UNIT), Line.credit(FEES, 1 * UNIT))


def correct(reference: str, *lines: Line, of: str = "fee-1", value_at: datetime = DAY, reason: str = "wrong tariff") -> Posted:
    return adjust(reference_of=of, reference=reference, lines=lines, reason=reason, value_at=value_at)


def undo(of: str, *, value_at: datetime = DAY, reference: str = "") -> Posted:
    return reverse(reference_of=of, reference=reference or f"{of}:back", reason="booked twice", value_at=value_at)


@pytest.fixture(autouse=True)
def _charged(house: None) -> None:
    """Acme paid in 100 USDC and was charged a fee of 3; the tariff says 2."""
    deposit("deposit-1", ACME, 100 * UNIT, value_at=OCTOBER)
    book("fee-1", Line.debit(ACME, 3 * UNIT), Line.credit(FEES, 3 * UNIT), kind="fee", value_at=OCTOBER)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_an_adjustment_gives_back_what_was_too_much_and_leaves_the_original_as_it_was() -> None:
    """Dr fee income 1, Cr acme 1."""
    correct("fee-1:less", Line.debit(FEES, 1 * UNIT), Line.credit(ACME, 1 * UNIT))
    assert (figures(ACME)[0], figures(FEES)[0]) == (98 * UNIT, 2 * UNIT)
    original, adjustment = (LedgerTransaction.objects.get(reference=name) for name in ("fee-1", "fee-1:less"))
    assert (adjustment.adjusts, adjustment.reverses, adjustment.kind, adjustment.description) == (
        original,
        None,
        "fee.adjustment",
        "wrong tariff",
    )
    assert [entry.debit for entry in original.entries.order_by("ordinal")] == [3 * UNIT, 0]
    assert books_balance()


def test_one_posting_is_adjusted_as_often_as_it_takes_and_each_finds_the_others() -> None:
    correct("fee-1:less", Line.debit(FEES, 2 * UNIT), Line.credit(ACME, 2 * UNIT))
    correct("fee-1:more", *FEE)
    assert figures(FEES)[0] == 2 * UNIT
    assert corrections_of("fee-1") == Corrections("", "", "", ("fee-1:less", "fee-1:more"))
    assert corrections_of("fee-1:less") == Corrections("", "fee-1", "", ())
    assert corrections_of("fee-1:more").corrects == "fee-1"


def test_a_posting_is_reversed_after_its_adjustments_were() -> None:
    """Else what an adjustment gave back would be given back again."""
    correct("fee-1:less", Line.debit(FEES, 1 * UNIT), Line.credit(ACME, 1 * UNIT))
    with pytest.raises(StillAdjusted) as refusal, transaction.atomic():
        undo("fee-1")
    assert (refusal.value.reference, refusal.value.adjustment) == ("fee-1", "fee-1:less")
    undo("fee-1:less")
    undo("fee-1")
    assert (figures(ACME)[0], figures(FEES)[0]) == (100 * UNIT, 0)
    assert corrections_of("fee-1") == Corrections("", "", "fee-1:back", ("fee-1:less",))
    assert corrections_of("fee-1:back") == Corrections("fee-1", "", "", ())
    assert corrections_of("fee-1:less").reversed_by == "fee-1:less:back"
    with pytest.raises(UnknownPosting):
        corrections_of("nothing")


def test_repeating_a_correction_changes_nothing_even_after_its_original_was_reversed() -> None:
    lines = (Line.debit(FEES, 1 * UNIT), Line.credit(ACME, 1 * UNIT))
    first = correct("fee-1:less", *lines)
    undo("fee-1:less")
    undo("fee-1")
    assert correct("fee-1:less", *lines) == Posted(first.id, replayed=True)
    with pytest.raises(ReferenceReused, match="lines"), transaction.atomic():
        correct("fee-1:less", *FEE)


def test_a_correction_counts_with_its_original_while_the_month_of_that_is_open() -> None:
    assert value_time_of_correction("fee-1", now=DAY) == OCTOBER
    undo("fee-1", value_at=OCTOBER)
    october = statement(FEES, since=OCTOBER - timedelta(days=1), until=OCTOBER + timedelta(days=1), by=TimeBasis.VALUE)
    assert (len(october.rows), october.closing) == (2, 0)


def test_after_the_month_is_closed_it_counts_in_the_open_one_and_october_keeps_its_figures() -> None:
    close_period(month=date(2026, 10, 1), reason="month end")
    value_at = value_time_of_correction("fee-1", now=DAY)
    assert value_at == DAY
    correct("fee-1:less", Line.debit(FEES, 1 * UNIT), Line.credit(ACME, 1 * UNIT), value_at=value_at)
    undo("fee-1:less", value_at=value_at)
    undo("fee-1", value_at=value_at)
    original = LedgerTransaction.objects.get(reference="fee-1")
    corrected = LedgerTransaction.objects.filter(Q(reverses=original) | Q(adjusts=original))
    assert (original.value_at, [one.value_at for one in corrected]) == (OCTOBER, [DAY, DAY])
    assert list(findings()) == []


REFUSED: dict[str, tuple[Callable[[], object], type[LedgerError]]] = {
    "an adjustment without a reason": (lambda: correct("x", *FEE, reason=" "), BadPosting),
    "a reversal without a reason": (
        lambda: reverse(reference_of="fee-1", reference="x", reason="", value_at=DAY),
        BadPosting,
    ),
    "of nothing": (lambda: correct("x", *FEE, of="nothing"), UnknownPosting),
    "before its original": (lambda: correct("x", *FEE, value_at=OCTOBER - timedelta(seconds=1)), BadPosting),
    "a reversal before its original": (lambda: undo("fee-1", value_at=OCTOBER - timedelta(days=1)), BadPosting),
    "one line": (lambda: correct("x", FEE[0]), BadPosting),
    "out of balance": (lambda: correct("x", Line.debit(ACME, 2), Line.credit(FEES, 1)), BadPosting),
    "below the floor": (lambda: correct("x", Line.debit(GLOBEX, 1), Line.credit(FEES, 1)), InsufficientFunds),
    "of what was reversed": (lambda: (undo("fee-1"), correct("x", *FEE)), AlreadyReversed),
    "in the closed month": (
        lambda: (close_period(month=date(2026, 10, 1), reason="month end"), correct("x", *FEE, value_at=OCTOBER)),
        PeriodClosed,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_correction_is_refused_and_nothing_is_booked(name: str) -> None:
    call, error = REFUSED[name]
    before = LedgerTransaction.objects.count(), figures(ACME), figures(FEES)
    with pytest.raises(error), transaction.atomic():
        call()
    assert (LedgerTransaction.objects.count(), figures(ACME), figures(FEES)) == before


def test_a_rehearsal_says_what_booking_would_say_and_leaves_nothing() -> None:
    given = reversal_posting(reference_of="deposit-1", reference="deposit-1:back", reason="booked twice", value_at=DAY)
    with pytest.raises(InsufficientFunds):
        rehearse_correction(given)
    deposit("deposit-2", ACME, 3 * UNIT)
    rehearse_correction(given)
    assert figures(ACME)[0] == figures(HOT)[0] - figures(FEES)[0] == 100 * UNIT
    assert not LedgerTransaction.objects.filter(reverses__isnull=False).exists()
