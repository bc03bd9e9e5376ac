"""ledger.commands.post: what it writes, what it refuses, and that repeating it changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from audit.context import NoActorBound
from audit.models import AuditEvent
from ledger.chart import AccountKind
from ledger.commands import Line, PlaceHold, Posting, ReleaseHold, SettleHold, apply_holds, open_account, post, reverse
from ledger.errors import (
    AccountClosed,
    AlreadyReversed,
    BadPosting,
    HoldUnknown,
    InsufficientFunds,
    LedgerError,
    NotAMirror,
    ReferenceReused,
    SettlementTooHigh,
    Unbalanced,
    UnknownAccount,
    UnknownPosting,
)
from ledger.models import Entry, Hold, LedgerTransaction
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, MXN, NOSTRO, USDC, book, deposit, figures

pytestmark = pytest.mark.usefixtures("house")

FEE = Posting(
    "fee-1", "fee", DAY, (Line.debit(ACME, 30), Line.credit(FEES, 30)), description="Monthly fee", metadata={"month": "2026-11"}
)


@pytest.fixture(autouse=True)
def _funds(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)


def _refused(posting: Posting, error: type[LedgerError]) -> LedgerError:
    before = _footprint()
    with pytest.raises(error) as refusal, transaction.atomic():
        post(posting)
    assert _footprint() == before
    return refusal.value


def _footprint() -> tuple[Any, ...]:
    counts = (LedgerTransaction.objects.count(), Entry.objects.count(), Hold.objects.count(), AuditEvent.objects.count())
    return (*counts, figures(ACME), figures(GLOBEX), figures(HOT), figures(FEES))


def test_it_writes_the_posting_its_entries_and_its_audit_event() -> None:
    business = uuid4()
    posted = post(replace(FEE, transaction_id=business, settled_at=DAY + timedelta(hours=1)))
    row = LedgerTransaction.objects.get(id=posted.id)
    assert (row.reference, row.kind, row.description, row.metadata) == ("fee-1", "fee", "Monthly fee", {"month": "2026-11"})
    assert (row.value_at, row.settled_at, row.transaction_id, row.correlation_id) == (
        DAY,
        DAY + timedelta(hours=1),
        business,
        "a test",
    )
    assert (len(row.content_hash), row.forced_kind, row.reverses_id) == (32, "", None)
    client, fees = Entry.objects.filter(transaction=row).order_by("ordinal").select_related("account")
    assert (client.account.code, client.debit, client.credit, client.balance_after, client.account_version) == (ACME, 30, 0, 970, 2)
    assert (fees.account.code, fees.debit, fees.credit, fees.balance_after, fees.account_version) == (FEES, 0, 30, None, None)
    event = AuditEvent.objects.get(type="ledger.posted", transaction_id=business)
    assert (event.resource_id, event.metadata["reference"], event.actor_id) == (str(posted.id), "fee-1", "pytest")


def test_several_lines_on_one_account_follow_each_other() -> None:
    posted = book("many", Line.debit(ACME, 100), Line.credit(ACME, 40), Line.debit(ACME, 5), Line.credit(FEES, 65))
    rows = Entry.objects.filter(transaction_id=posted.id, account__code=ACME).order_by("ordinal")
    assert [(row.balance_after, row.account_version) for row in rows] == [(900, 2), (940, 3), (935, 4)]
    assert figures(ACME)[0] == 935


def test_the_same_again_changes_nothing() -> None:
    first = post(FEE)
    before = _footprint()
    assert post(FEE) == replace(first, replayed=True)
    # The same instant in another zone is the same content.
    assert post(replace(FEE, value_at=DAY.astimezone(timezone(timedelta(hours=-6))))).replayed
    assert _footprint() == before


def test_the_same_again_is_fine_although_the_money_is_gone_since() -> None:
    post(replace(FEE, holds=(PlaceHold("hold-1", ACME, 970),)))
    assert figures(ACME) == (970, 970, 0)
    assert post(replace(FEE, holds=(PlaceHold("hold-1", ACME, 970, expires_at=DAY),))).replayed


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "other"}, 'kind: "fee" before, "other" now'),
        ({"description": "x"}, "description:"),
        ({"value_at": DAY + timedelta(days=1)}, "value_at:"),
        ({"metadata": {}}, "metadata:"),
        ({"transaction_id": uuid4()}, "transaction_id: null before"),
        ({"lines": (Line.debit(ACME, 31), Line.credit(FEES, 31))}, 'lines: [{"debit": "30"'),
        ({"holds": (PlaceHold("hold-1", ACME, 1),)}, "hold operations"),
        ({"forced_kind": "chargeback"}, "forced_kind:"),
    ],
)
def test_another_content_under_the_same_reference_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    post(FEE)
    error = _refused(replace(FEE, **change), ReferenceReused)
    assert isinstance(error, ReferenceReused)
    assert error.reference == "fee-1"
    assert named in error.difference


def test_it_refuses_more_than_is_available() -> None:
    apply_holds(PlaceHold("hold-1", ACME, 300))
    error = _refused(Posting("too-much", "fee", DAY, (Line.debit(ACME, 701), Line.credit(FEES, 701))), InsufficientFunds)
    assert isinstance(error, InsufficientFunds)
    assert (error.account_code, error.available, error.requested) == (ACME, 700, 701)
    book("just-enough", Line.debit(ACME, 700), Line.credit(FEES, 700))
    assert figures(ACME) == (300, 300, 0)


def test_money_in_pays_for_money_out_of_the_same_posting() -> None:
    book("net", Line.debit(ACME, 1_500), Line.credit(FEES, 1_500), Line.credit(ACME, 600), Line.debit(HOT, 600))
    assert figures(ACME)[0] == 100


def test_collecting_accounts_may_go_below_zero() -> None:
    book("out", Line.debit(FEES, 5_000), Line.credit(HOT, 5_000))
    assert (figures(FEES)[0], figures(HOT)[0]) == (-5_000, -4_000)


def test_a_named_reason_takes_an_account_below_its_floor_and_is_written_down() -> None:
    book("chargeback", Line.debit(ACME, 1_200), Line.credit(HOT, 1_200), forced_kind="chargeback")
    assert figures(ACME) == (-200, 0, -200)
    assert AuditEvent.objects.get(type="ledger.posted", metadata__reference="chargeback").metadata["forced_kind"] == "chargeback"
    _refused(Posting("worse", "fee", DAY, (Line.debit(ACME, 1), Line.credit(FEES, 1))), InsufficientFunds)


@pytest.mark.parametrize(
    "lines",
    [
        (Line.debit(HOT, 10), Line.credit(ACME, 9)),
        (Line.debit(HOT, 10), Line.credit(NOSTRO, 10)),
        (Line.debit(HOT, 10), Line.debit(FEES, 10)),
    ],
)
def test_it_refuses_what_does_not_balance_in_every_asset(lines: tuple[Line, ...]) -> None:
    _refused(Posting("lopsided", "fee", DAY, lines), Unbalanced)


def test_it_refuses_accounts_that_are_not_there_or_closed() -> None:
    error = _refused(Posting("lost", "fee", DAY, (Line.debit(ACME, 1), Line.credit("fees:nowhere", 1))), UnknownAccount)
    assert isinstance(error, UnknownAccount)
    assert error.account_code == "fees:nowhere"
    from ledger.commands import close_account

    close_account(code=GLOBEX, reason="left us")
    _refused(Posting("gone", "fee", DAY, (Line.debit(ACME, 1), Line.credit(GLOBEX, 1))), AccountClosed)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Line.debit(ACME, 0),
        lambda: Line.debit(ACME, -1),
        lambda: Line.credit(ACME, 10**78),
        lambda: Line(ACME, debit_minor=1, credit_minor=1),
        lambda: Line(ACME),
        lambda: replace(FEE, reference=""),
        lambda: replace(FEE, kind=""),
        lambda: replace(FEE, lines=(Line.debit(ACME, 1),)),
        lambda: replace(FEE, value_at=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: PlaceHold("h", ACME, 0),
        lambda: SettleHold("h", -1),
    ],
)
def test_a_malformed_posting_is_not_even_sent(build: Any) -> None:
    with pytest.raises(BadPosting):
        build()


@pytest.mark.parametrize("amount", [1.0, True, "1"])
def test_amounts_are_ints(amount: Any) -> None:
    with pytest.raises(TypeError):
        Line.debit(ACME, amount)


def test_nobody_posts_anonymously() -> None:
    from audit import context

    token = context._context.set(None)
    try:
        with pytest.raises(NoActorBound):
            post(FEE)
    finally:
        context._context.reset(token)


def test_it_is_one_round_trip(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        post(replace(FEE, holds=(PlaceHold("hold-1", ACME, 10),)))
    with django_assert_num_queries(1):
        apply_holds(ReleaseHold("hold-1"))


def test_a_posting_that_fails_leaves_its_holds_alone_too() -> None:
    apply_holds(PlaceHold("hold-1", ACME, 500))
    _refused(
        Posting("bad", "fee", DAY, (Line.debit(ACME, 400), Line.credit(FEES, 401)), holds=(SettleHold("hold-1", 400),)), Unbalanced
    )
    assert Hold.objects.get(reference="hold-1").status == "placed"


def test_holds_cannot_settle_more_than_the_posting_takes() -> None:
    apply_holds(PlaceHold("hold-1", ACME, 500))
    lines = (Line.debit(ACME, 100), Line.credit(FEES, 100))
    _refused(Posting("small", "fee", DAY, lines, holds=(SettleHold("hold-1", 101),)), SettlementTooHigh)
    _refused(Posting("small", "fee", DAY, lines, holds=(SettleHold("no-hold", 100),)), HoldUnknown)


def test_a_reversal_mirrors_and_is_linked_both_ways() -> None:
    first = post(FEE)
    back = reverse(reference_of="fee-1", reference="fee-1:back", reason="charged twice", value_at=DAY)
    row = LedgerTransaction.objects.get(id=back.id)
    assert (row.reverses_id, row.kind, row.description) == (first.id, "fee.reversal", "charged twice")
    assert LedgerTransaction.objects.get(id=first.id).reversed_by.id == back.id
    assert (figures(ACME)[0], figures(FEES)[0]) == (1_000, 0)
    assert reverse(reference_of="fee-1", reference="fee-1:back", reason="charged twice", value_at=DAY).replayed


def test_a_posting_is_reversed_once_and_only_by_its_mirror() -> None:
    post(FEE)
    _refused(Posting("odd", "x", DAY, (Line.debit(FEES, 29), Line.credit(ACME, 29)), reverses="fee-1"), NotAMirror)
    reverse(reference_of="fee-1", reference="fee-1:back", reason="charged twice", value_at=DAY)
    mirror = (Line.credit(ACME, 30), Line.debit(FEES, 30))
    _refused(Posting("again", "x", DAY, mirror, reverses="fee-1"), AlreadyReversed)
    _refused(Posting("again", "x", DAY, mirror, reverses="nothing"), UnknownPosting)
    with pytest.raises(UnknownPosting):
        reverse(reference_of="nothing", reference="r", reason="x", value_at=DAY)
    with pytest.raises(BadPosting):
        reverse(reference_of="fee-1", reference="r", reason="", value_at=DAY)


def test_value_booking_and_settlement_times_are_three_things() -> None:
    past = datetime(2026, 3, 1, tzinfo=UTC)
    posted = post(replace(FEE, value_at=past))
    row = LedgerTransaction.objects.get(id=posted.id)
    assert (row.value_at, row.settled_at) == (past, None)
    assert row.booked_at > past
    assert Entry.objects.filter(transaction=row, booked_at=row.booked_at, value_at=past).count() == 2


def test_an_account_can_be_guarded_by_choice() -> None:
    open_account(code="payable:guarded", name="x", kind=AccountKind.PAYABLE, asset_id=USDC, guarded=True)
    _refused(Posting("x", "x", DAY, (Line.debit("payable:guarded", 1), Line.credit(FEES, 1))), InsufficientFunds)
    open_account(code="nostro:guarded", name="x", kind=AccountKind.NOSTRO, asset_id=MXN, guarded=True)
    book("in", Line.debit("nostro:guarded", 5), Line.credit(NOSTRO, 5))
    _refused(Posting("y", "x", DAY, (Line.credit("nostro:guarded", 6), Line.debit(NOSTRO, 6))), InsufficientFunds)
