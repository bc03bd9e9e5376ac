"""Many postings in one call."""

from typing import Any

import pytest
from django.db import transaction

from audit.models import AuditEvent
from ledger.commands import (
    Batch,
    Line,
    PlaceHold,
    Posting,
    ReleaseHold,
    SettleHold,
    apply_holds,
    close_account,
    close_period,
    post,
    post_batch,
)
from ledger.errors import (
    AccountClosed,
    BadPosting,
    HoldEnded,
    InsufficientFunds,
    LedgerError,
    PeriodClosed,
    ReferenceReused,
    SettlementTooHigh,
    Unbalanced,
    UnknownAccount,
)
from ledger.models import Entry, LedgerTransaction
from ledger.queries import statement
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, book, books_balance, deposit, figures

pytestmark = pytest.mark.usefixtures("house")
LAST_YEAR = DAY.replace(year=2025)


def pay(reference: str, amount: int, *, payer: str = ACME, payee: str = GLOBEX, **more: Any) -> Posting:
    lines = (Line.debit(payer, amount), Line.credit(payee, amount))
    given: dict[str, Any] = {"reference": reference, "kind": "payroll", "value_at": DAY, "lines": lines}
    return Posting(**(given | more))


def refused_whole(error: type[LedgerError], batch: Batch) -> LedgerError:
    """The batch is refused and the books are as before."""
    before = (LedgerTransaction.objects.count(), Entry.objects.count(), AuditEvent.objects.count(), figures(ACME), figures(GLOBEX))
    with pytest.raises(error) as refusal, transaction.atomic():
        post_batch(batch)
    after = (LedgerTransaction.objects.count(), Entry.objects.count(), AuditEvent.objects.count(), figures(ACME), figures(GLOBEX))
    assert after == before
    return refusal.value


def test_it_books_all_in_their_order_with_running_balances_and_an_event_each() -> None:
    deposit("funds", ACME, 100)
    told = post_batch(Batch((pay("a", 10), pay("b", 20), pay("c", 30))))
    assert [(line.reference, line.replayed, line.error) for line in told] == [(name, False, None) for name in "abc"]
    assert [str(line.id) for line in told] == [str(LedgerTransaction.objects.get(reference=name).pk) for name in "abc"]
    rows = statement(ACME, since=DAY.replace(year=2020), until=DAY.replace(year=2100)).rows
    assert [(row.reference, row.balance) for row in rows] == [("funds", 100), ("a", 90), ("b", 70), ("c", 40)]
    assert [entry.balance_after for entry in Entry.objects.filter(account__code=GLOBEX).order_by("account_version")] == [10, 30, 60]
    events = AuditEvent.objects.filter(type="ledger.posted", resource_id__in=[str(line.id) for line in told])
    assert sorted(event.metadata["reference"] for event in events) == ["a", "b", "c"]
    assert books_balance()
    assert list(findings()) == []


def test_an_event_says_the_same_of_a_posting_booked_alone_and_in_a_batch() -> None:
    deposit("funds", ACME, 100)
    post(pay("alone", 10, description="for May", metadata={"line": 1}))
    post_batch(Batch((pay("beside", 10, description="for May", metadata={"line": 1}),)))
    alone, beside = (AuditEvent.objects.get(metadata__reference=name) for name in ("alone", "beside"))
    own = {"reference": "", "holds": [], "booked_at": ""}
    assert alone.metadata | own == beside.metadata | own
    assert alone.metadata["lines"] == [
        {"account": ACME, "debit": "10", "credit": "0"},
        {"account": GLOBEX, "debit": "0", "credit": "10"},
    ]


def test_repeating_it_changes_nothing() -> None:
    deposit("funds", ACME, 100)
    batch = Batch((pay("a", 10), pay("b", 20)))
    first = post_batch(batch)
    again = post_batch(batch)
    assert [(line.id, line.replayed) for line in again] == [(line.id, True) for line in first]
    assert figures(ACME) == (70, 0, 70)


def test_it_recognises_what_was_booked_alone_and_the_other_way_round() -> None:
    deposit("funds", ACME, 100)
    alone = post(pay("a", 10))
    told = post_batch(Batch((pay("a", 10), pay("b", 20))))
    assert [(line.id == alone.id, line.replayed) for line in told] == [(True, True), (False, False)]
    assert post(pay("b", 20)).replayed
    assert figures(ACME) == (70, 0, 70)


def test_a_reference_may_stand_twice_when_it_means_the_same() -> None:
    deposit("funds", ACME, 100)
    told = post_batch(Batch((pay("a", 10), pay("a", 10))))
    assert [line.replayed for line in told] == [False, True]
    assert told[0].id == told[1].id
    assert figures(ACME) == (90, 0, 90)
    refused_whole(ReferenceReused, Batch((pay("b", 10), pay("b", 11))))


def test_all_or_nothing_means_nothing_when_the_last_cannot_be_paid() -> None:
    deposit("funds", ACME, 25)
    error = refused_whole(InsufficientFunds, Batch((pay("a", 10), pay("b", 10), pay("c", 10))))
    assert isinstance(error, InsufficientFunds)
    assert (error.account_code, error.available, error.requested) == (ACME, 5, 10)


def test_money_that_comes_in_earlier_in_the_batch_may_go_out_later_but_not_before() -> None:
    deposit("funds", ACME, 10)
    back = pay("back", 10, payer=GLOBEX, payee=ACME)
    refused_whole(InsufficientFunds, Batch((back, pay("there", 10))))
    post_batch(Batch((pay("there", 10), back)))
    assert figures(ACME) == (10, 0, 10)


@pytest.mark.parametrize(
    ("posting", "error"),
    [
        (pay("x", 1, payee="client:nobody:USDC.ethereum"), UnknownAccount),
        (pay("x", 1, lines=(Line.debit(ACME, 2), Line.credit(GLOBEX, 1))), Unbalanced),
        (pay("x", 1, payee=FEES), AccountClosed),
        (pay("x", 1, value_at=LAST_YEAR), PeriodClosed),
        (pay("booked", 2), ReferenceReused),
    ],
)
def test_one_bad_posting_refuses_all(posting: Posting, error: type[LedgerError]) -> None:
    deposit("funds", ACME, 100)
    post(pay("booked", 1))
    close_account(code=FEES, reason="test")
    close_period(month=LAST_YEAR.date(), reason="test")
    refused_whole(error, Batch((pay("a", 10), posting, pay("c", 30))))


def test_one_by_one_leaves_out_what_cannot_stand_and_says_why() -> None:
    deposit("funds", ACME, 50)
    post(pay("booked", 1))
    close_account(code=FEES, reason="test")
    close_period(month=LAST_YEAR.date(), reason="test")
    postings = (
        pay("a", 10),
        pay("nobody", 1, payee="client:nobody:USDC.ethereum"),
        pay("booked", 1),
        pay("booked", 2),
        pay("too-much", 1_000),
        pay("closed", 1, payee=FEES),
        pay("late", 1, value_at=LAST_YEAR),
        pay("b", 30),
        pay("rest", 10),
    )
    told = post_batch(Batch(postings, one_by_one=True))
    errors = [type(line.error) if line.error else line.replayed for line in told]
    assert errors == [
        False,
        UnknownAccount,
        True,
        ReferenceReused,
        InsufficientFunds,
        AccountClosed,
        PeriodClosed,
        False,
        InsufficientFunds,
    ]
    last = told[-1].error
    assert isinstance(last, InsufficientFunds)
    assert (last.available, last.requested) == (9, 10)
    assert [line.id is None for line in told] == [line.error is not None for line in told]
    assert figures(ACME) == (9, 0, 9)
    assert list(findings()) == []
    again = post_batch(Batch(postings, one_by_one=True))
    assert [line.replayed for line in again] == [True, False, True, False, False, False, False, True, False]
    assert figures(ACME) == (9, 0, 9)


def test_one_by_one_still_refuses_what_is_no_posting() -> None:
    deposit("funds", ACME, 50)
    refused_whole(Unbalanced, Batch((pay("x", 1, lines=(Line.debit(ACME, 2), Line.credit(GLOBEX, 1))),), one_by_one=True))


def test_the_hold_of_a_batch_is_settled_by_it() -> None:
    deposit("funds", ACME, 60)
    apply_holds(PlaceHold("run-1", ACME, 60))
    batch = Batch((pay("a", 20), pay("b", 40)), holds=(SettleHold("run-1", 60),))
    post_batch(batch)
    assert figures(ACME) == (0, 0, 0)
    assert all(line.replayed for line in post_batch(batch))


def test_a_hold_settles_no_more_than_the_batch_takes() -> None:
    deposit("funds", ACME, 60)
    apply_holds(PlaceHold("run-1", ACME, 60))
    refused_whole(SettlementTooHigh, Batch((pay("a", 20),), holds=(SettleHold("run-1", 60),)))


def test_a_hold_is_used_once() -> None:
    deposit("funds", ACME, 60)
    apply_holds(PlaceHold("run-1", ACME, 30), ReleaseHold("run-1"))
    refused_whole(HoldEnded, Batch((pay("a", 30),), holds=(SettleHold("run-1", 30),)))


def test_one_by_one_releases_its_hold_in_the_same_breath() -> None:
    deposit("funds", ACME, 60)
    apply_holds(PlaceHold("run-1", ACME, 60))
    told = post_batch(Batch((pay("a", 50), pay("b", 50), pay("c", 10)), holds=(ReleaseHold("run-1"),), one_by_one=True))
    assert [line.error is None for line in told] == [True, False, True]
    assert figures(ACME) == (0, 0, 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Batch(()),
        lambda: Batch((pay("a", 1, holds=(ReleaseHold("h"),)),)),
        lambda: Batch((pay("a", 1, reverses="b"),)),
        lambda: Batch((pay("a", 1, adjusts="b"),)),
        lambda: Batch((pay("a", 1),), holds=(SettleHold("h", 1),), one_by_one=True),
    ],
)
def test_what_a_batch_cannot_hold_is_refused_at_once(make: Any) -> None:
    with pytest.raises(BadPosting):
        make()


def test_six_thousand_credits_from_one_account_are_one_round_trip(django_assert_num_queries: Any) -> None:
    deposit("funds", ACME, 6_000)
    postings = tuple(pay(f"salary-{number}", 1) for number in range(6_000))
    with django_assert_num_queries(1):
        told = post_batch(Batch(postings))
    assert len({line.id for line in told}) == 6_000
    assert figures(ACME) == (0, 0, 0)
    assert figures(GLOBEX) == (6_000, 0, 6_000)
    last = Entry.objects.filter(account__code=GLOBEX).order_by("-account_version")[0]
    assert (last.balance_after, last.account_version) == (6_000, 6_000)


def test_a_forced_posting_in_a_batch_may_overdraw_and_the_next_may_not() -> None:
    deposit("funds", ACME, 10)
    forced = pay("chargeback", 15, payee=HOT, forced_kind="chargeback", lines=(Line.debit(ACME, 15), Line.credit(HOT, 15)))
    refused_whole(InsufficientFunds, Batch((forced, pay("a", 1))))
    told = post_batch(Batch((forced, pay("a", 1), pay("in", 6, payer=HOT, payee=ACME)), one_by_one=True))
    assert [line.error is None for line in told] == [True, False, True]
    assert figures(ACME) == (1, 0, 1)
    book("out", Line.debit(ACME, 1), Line.credit(HOT, 1))
