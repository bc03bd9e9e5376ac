"""approvals.commands.limits: what is used is counted once, never over, and given back once."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals.commands import consume_limits, give_back_limits, give_back_shares, remove_limit, set_limit
from approvals.errors import LimitExceeded, LimitsAlreadyUsed
from approvals.models import Limit, LimitBucket, LimitUse
from approvals.queries import limit_drift, limit_usage
from audit.context import Context
from audit.models import AuditEvent
from ledger.queries.assets import UnknownAsset
from tests.approvals.conftest import Clock
from tests.approvals.test_constraints import refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("usdc")]
USDC = "USDC.ethereum"


def consume(amount: int, subject_id: str = "t-1", **changes: Any) -> None:
    scope: dict[str, Any] = {"client_id": "acme", "corridor_id": "US-MX", "asset_id": USDC}
    consume_limits(amount=amount, subject_id=subject_id, **scope | changes)


def used(client_id: str = "acme", corridor_id: str = "US-MX") -> list[int]:
    return [usage.used for usage in limit_usage(client_id, corridor_id, USDC) if usage.window == "day"]


@pytest.fixture
def daily(bound: Context) -> Limit:
    return set_limit(asset_id=USDC, window="day", amount=100)


def test_a_day_takes_exactly_its_amount(daily: Limit) -> None:
    consume(60, "t-1")
    consume(40, "t-2")
    with pytest.raises(LimitExceeded) as refusal:
        consume(1, "t-3")
    assert (refusal.value.limit, refusal.value.used, refusal.value.capacity) == ("USDC.ethereum per UTC day", 100, 100)
    assert used() == [100]
    assert LimitUse.objects.count() == 2


def test_one_transaction_has_its_own_limit() -> None:
    set_limit(asset_id=USDC, window="transaction", amount=50)
    consume(50, "t-1")
    consume(50, "t-2")
    with pytest.raises(LimitExceeded, match="per transaction"):
        consume(51, "t-3")
    assert LimitUse.objects.count() == 0


def test_a_refusal_by_one_limit_consumes_no_other(daily: Limit) -> None:
    set_limit(asset_id=USDC, window="day", amount=1000, client_id="acme")
    set_limit(asset_id=USDC, window="day", amount=1000, corridor_id="US-MX")
    with pytest.raises(LimitExceeded):
        consume(101)
    assert used() == [0, 0, 0]
    assert not AuditEvent.objects.filter(type="approvals.limits_consumed").exists()


def test_every_limit_that_covers_it_is_used() -> None:
    for scope in ({}, {"client_id": "acme"}, {"corridor_id": "US-MX"}, {"client_id": "acme", "corridor_id": "US-MX"}):
        set_limit(asset_id=USDC, window="day", amount=100, **scope)
    set_limit(asset_id=USDC, window="day", amount=1, client_id="globex")
    set_limit(asset_id=USDC, window="day", amount=1, corridor_id="US-BR")
    consume(30)
    assert used() == [30, 30, 30, 30]
    assert AuditEvent.objects.filter(type="approvals.limits_consumed", resource_id="t-1").count() == 1


def test_a_limit_for_every_client_has_a_bucket_for_each(daily: Limit) -> None:
    consume(100, "t-1", client_id="acme")
    consume(100, "t-2", client_id="globex")
    assert (used("acme"), used("globex")) == ([100], [100])


def test_the_day_is_a_utc_day(daily: Limit, moment: Clock) -> None:
    consume(100, "t-1")
    moment.advance(hours=11, minutes=59)
    with pytest.raises(LimitExceeded):
        consume(1, "t-2")
    moment.advance(minutes=1)
    consume(100, "t-2")
    assert LimitBucket.objects.count() == 2


def test_a_subject_counts_once(daily: Limit, moment: Clock) -> None:
    consume(60)
    consume(60)
    moment.advance(days=1)
    consume(60)
    assert list(LimitBucket.objects.values_list("used", flat=True)) == [60]
    with pytest.raises(LimitsAlreadyUsed):
        consume(61)


def test_a_share_is_given_back_once(daily: Limit) -> None:
    set_limit(asset_id=USDC, window="day", amount=200, client_id="acme")
    consume(60, "t-1")
    consume(40, "t-2")
    assert give_back_limits("t-1") == 2
    assert give_back_limits("t-1") == 0
    assert used() == [40, 40]
    assert AuditEvent.objects.filter(type="approvals.limits_given_back").count() == 1
    with pytest.raises(LimitsAlreadyUsed):
        consume(60, "t-1")


def test_a_share_goes_back_to_the_day_it_came_from(daily: Limit, moment: Clock) -> None:
    consume(60, "t-1")
    moment.advance(days=1)
    consume(10, "t-2")
    give_back_limits("t-1")
    assert list(LimitBucket.objects.order_by("window_start").values_list("used", flat=True)) == [0, 10]


def test_shares_of_many_come_back_one_by_one_and_once(daily: Limit) -> None:
    consume(60, "file")
    assert give_back_shares("file", {"line-1": 10, "line-2": 15}) == 2
    assert give_back_shares("file", {"line-2": 15, "line-3": 5}) == 1
    assert used() == [30]
    with pytest.raises(IntegrityError, match="never come to more"), transaction.atomic():
        give_back_shares("file", {"line-4": 31})
    assert used() == [30]
    assert give_back_limits("file") == 1
    assert (used(), give_back_shares("file", {"line-5": 1})) == ([0], 0)
    told = AuditEvent.objects.filter(type="approvals.limit_shares_given_back")
    assert [event.metadata["shares"] for event in told.order_by("recorded_at")] == [
        {"line-1": "10", "line-2": "15"},
        {"line-3": "5"},
    ]


def test_giving_back_nothing_is_nothing() -> None:
    assert give_back_limits("t-0") == 0


@pytest.mark.parametrize("amount", [0, -1])
def test_a_subject_consumes_something(daily: Limit, amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        consume(amount)


def test_a_raised_limit_takes_more_today(daily: Limit) -> None:
    consume(100, "t-1")
    set_limit(asset_id=USDC, window="day", amount=150)
    consume(50, "t-2")
    assert (used(), Limit.objects.count()) == ([150], 1)


def test_a_lowered_limit_takes_no_more_and_keeps_what_was_used(daily: Limit) -> None:
    consume(80, "t-1")
    set_limit(asset_id=USDC, window="day", amount=50)
    with pytest.raises(LimitExceeded):
        consume(1, "t-2")
    give_back_limits("t-1")
    consume(50, "t-3")
    assert used() == [50]


def test_a_removed_limit_binds_no_more_and_keeps_its_history(daily: Limit) -> None:
    remove_limit(limit_id=daily.id, reason="replaced")
    consume(1000)
    assert limit_usage("acme", "US-MX", USDC) == []
    assert [(version.active, version.history_user_id) for version in daily.history.order_by("history_date")] == [
        (True, "test"),
        (False, "test"),
    ]


def test_a_limit_names_a_known_asset() -> None:
    with pytest.raises(UnknownAsset):
        set_limit(asset_id="GOLD", window="day", amount=1)


def test_usage_says_title_use_and_room(daily: Limit) -> None:
    set_limit(asset_id=USDC, window="transaction", amount=50, corridor_id="US-MX")
    consume(30)
    found = {usage.title: (usage.used, usage.amount, usage.headroom, usage.window) for usage in limit_usage("acme", "US-MX", USDC)}
    assert found == {
        "USDC.ethereum per UTC day": (30, 100, 70, "day"),
        "USDC.ethereum per transaction, corridor US-MX": (0, 50, 50, "transaction"),
    }


def test_amounts_outgrow_every_machine_integer() -> None:
    set_limit(asset_id=USDC, window="day", amount=2**255)
    consume(2**255, "t-1")
    with pytest.raises(LimitExceeded):
        consume(1, "t-2")


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ("UPDATE approvals_limitbucket SET used = capacity + 1", "approvals_limit_bucket_never_over"),
        ("UPDATE approvals_limitbucket SET used = -1", "approvals_limit_bucket_never_over"),
        ("DELETE FROM approvals_limitbucket", "keeps its history"),
        ("UPDATE approvals_limituse SET amount = 1", "given back once"),
        ("UPDATE approvals_limituse SET subject_id = 'other'", "given back once"),
        ("DELETE FROM approvals_limituse", "keeps its history"),
        ("TRUNCATE approvals_limituse CASCADE", "keeps its history"),
        ("UPDATE approvals_historicallimit SET amount = 1", "keeps its history"),
    ],
)
def test_counters_stand_against_sql(daily: Limit, attack: str, words: str) -> None:
    consume(60)
    with refused(words):
        run(attack)


def test_a_use_cannot_be_given_back_twice_in_sql(daily: Limit) -> None:
    consume(60)
    give_back_limits("t-1")
    for change in ("NULL", "clock_timestamp()"):
        with refused("given back once"):
            run(f"UPDATE approvals_limituse SET given_back_at = {change}")


def test_a_counter_that_disagrees_with_its_uses_is_found(daily: Limit) -> None:
    consume(60)
    assert limit_drift() == []
    run("UPDATE approvals_limitbucket SET used = 59")
    assert [(drift.used, drift.behind_it) for drift in limit_drift()] == [(59, 60)]
