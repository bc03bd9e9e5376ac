"""The driver: one holder at a time, nothing lost when it dies anywhere, waiting in words when it must not go on."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from approvals.commands import place_halt
from audit import clock, context
from audit.context import Actor
from ledger.queries import trial_balance
from tests.transfers import conftest
from tests.transfers.forks import killed
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, FUNDS, LONG_AGO, PAYEE, UNIT, Books, World, available, build, drive_until, posted
from transfers import driver, locks
from transfers.commands import wake
from transfers.commands.cancel import cancel
from transfers.errors import Conflict, LeaseLost, Refused
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.rails.base import RetryableError
from transfers.rails.registry import rails as configured
from transfers.states import Status


def test_a_claim_has_one_holder(world: World) -> None:
    transfer = world.order()
    first = driver.claim(transfer.id)
    assert first is not None
    assert driver.claim(transfer.id) is None
    assert driver.claim() is None


def test_an_old_lease_writes_nothing(world: World) -> None:
    """A worker that slept through its lease finds that out before its first write."""
    transfer = world.order()
    sleeper = driver.claim(transfer.id)
    assert sleeper is not None
    Transfer.objects.filter(pk=transfer.pk).update(lease_until=LONG_AGO)
    other = driver.claim(transfer.id)
    assert other is not None
    assert other.fence == sleeper.fence + 1
    before = Books.now()
    with pytest.raises(LeaseLost):
        locks.leased(sleeper, Status.CREATED)
    driver.drive(sleeper)
    assert Books.now() == before
    transfer.refresh_from_db()
    assert (transfer.attempts, transfer.last_error, transfer.fence) == (0, "", other.fence)
    assert transfer.lease_until is not None
    assert transfer.lease_until > clock.now()


def test_a_rail_that_is_away_costs_a_pause_and_nothing_else(world: World) -> None:
    transfer = world.order()
    before = Books.now()
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempts, transfer.lease_until) == ("CREATED", 1, None)
    assert "CHAIN_RPC_URL" in transfer.last_error
    assert transfer.due_at is not None
    assert transfer.due_at > clock.now()
    assert Books.now() == before


def test_a_step_that_breaks_is_kept_on_its_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Transfer) -> Any:
        raise ZeroDivisionError("secret detail")

    transfer = world.order()
    monkeypatch.setattr(driver, "next_step", broken)
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.last_error == "unexpected ZeroDivisionError; see the log"
    assert transfer.attempts == 1


def test_what_nothing_is_to_do_about_keeps_no_other_from_its_turn(world: World) -> None:
    """It is claimed first, being due for the longest, and rests then."""
    over, other = world.order(), world.order()
    cancel(over.id, "by the client")
    Transfer.objects.filter(pk=over.pk).update(due_at=LONG_AGO)
    driver.run_due(3)
    over.refresh_from_db()
    other.refresh_from_db()
    assert (over.status, over.due_at, over.lease_until) == ("CANCELLED", None, None)
    assert other.attempts == 1


def test_a_step_that_leads_nowhere_keeps_no_other_from_its_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, other = world.order(), world.order()
    Transfer.objects.filter(pk=stuck.pk).update(due_at=LONG_AGO)
    taken: list[Any] = []

    def note(lease: locks.Lease) -> None:
        taken.append(lease.transfer_id)

    monkeypatch.setattr(driver, "next_step", lambda _: note)
    monkeypatch.setattr(driver, "STEPS_AT_ONCE", 1)
    driver.run_due(2)
    assert taken == [stuck.pk, other.pk]
    stuck.refresh_from_db()
    assert stuck.due_at is not None
    assert stuck.due_at > LONG_AGO


def test_what_was_made_due_anew_meanwhile_is_left_to_who_did(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = world.order()
    wanted = clock.now() - timedelta(seconds=5)
    monkeypatch.setattr(driver, "next_step", lambda _: lambda __: Transfer.objects.filter(pk=transfer.pk).update(due_at=wanted))
    monkeypatch.setattr(driver, "STEPS_AT_ONCE", 1)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.due_at == wanted


def test_what_breaks_after_a_step_has_ended_it_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = world.order()

    def end_and_break(_: locks.Lease) -> None:
        cancel(transfer.id, "by the client")
        raise ZeroDivisionError

    monkeypatch.setattr(driver, "next_step", lambda _: end_and_break)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.due_at, transfer.last_error) == ("CANCELLED", None, "")


def test_a_halt_stops_it_in_words_and_is_looked_at_again_soon(world: World) -> None:
    transfer = world.order()
    place_halt(scope="corridor", target="US-ETH", reason="provider lies")
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert "provider lies" in transfer.stopped_by
    assert (transfer.status, transfer.attempts) == ("CREATED", 0)
    assert transfer.due_at is not None
    assert transfer.due_at <= clock.now() + driver.HALT_RECHECK


@pytest.mark.parametrize("attempts", [0, 1, 5, 6, 7, 50])
def test_pauses_grow_and_never_exceed_the_longest(attempts: int) -> None:
    longest = timedelta(seconds=min(2**attempts, driver.LONGEST_PAUSE_S))
    for _ in range(20):
        assert longest / 2 <= driver.backoff(attempts) <= longest


def test_a_dead_broker_is_logged_and_never_raised(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backoffice.celery import app

    transfer = world.order()
    monkeypatch.setattr(wake, "_away_until_s", [0.0])
    before = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0")
    try:
        wake.hint(transfer.id)
    finally:
        app.conf.update(broker_url=before)
    assert "the driver will find it" in caplog.text


def test_after_the_intent_nothing_is_cancelled(live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise RetryableError("the signer is away")

    monkeypatch.setattr(configured().signer, "sign_transfer", away)
    transfer = live.order()
    drive_until(transfer, "FUNDS_LOCKED", between=rails.mine)
    driver.advance_one(transfer.id)
    assert Leg.objects.get(transfer=transfer).request_state == "forwarded"
    before = Books.now()
    with pytest.raises(Conflict, match="can no longer be cancelled"):
        cancel(transfer.id, "too late")
    assert Books.now() == before


def test_the_books_never_promise_more_than_there_is(committing: None) -> None:
    """Sixteen orders at once against a balance that is enough for ten."""
    world = build()
    each = FUNDS // 10 - UNIT
    results = at_once([lambda: world.order(f"{each // UNIT}.00")] * 16)
    accepted = [result for result in results if isinstance(result, Transfer)]
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(accepted) == 10
    assert {refusal.code for refusal in refused} <= {"insufficient_funds", "limit_exceeded"}
    assert len(refused) == 6
    assert Transfer.objects.count() == 10
    assert available() == FUNDS - 10 * (each + UNIT // 2)


def test_two_drivers_take_each_transfer_once(committing: None) -> None:
    world = build()
    made = [world.order("10.00") for _ in range(8)]
    claimed = at_once([lambda: [lease.transfer_id for lease in iter(driver.claim, None)]] * 2)
    assert sorted(claimed[0] + claimed[1]) == sorted(transfer.id for transfer in made)


BEFORE_CONFIRMED = [
    "drive.after_claim",
    "drive.before_release",
    "quote.after_call",
    "quote.before_commit",
    "quote.after_commit",
    "lock.before_commit",
    "lock.after_commit",
    "send.before_intent",
    "send.after_intent",
    "send.after_sign",
    "send.before_store",
    "send.after_store",
    "send.after_broadcast",
    "send.before_commit",
    "send.after_commit",
    "confirm.after_call",
    "confirm.before_commit",
    "confirm.after_commit",
]


@pytest.mark.stack
@pytest.mark.parametrize("point", BEFORE_CONFIRMED)
def test_killed_anywhere_it_pays_once_and_ends_in_the_same_books(
    committing: None, rails: Stack, point: str, tmp_path: Path
) -> None:
    world = conftest.settle_in(rails)
    paid_before = rails.token_balance(PAYEE)
    transfer = world.order("100.00")

    for _ in range(8):
        due_now(transfer)
        died = killed(lambda: call_command("drive", "--once"), tmp_path, crash=point)
        rails.mine(2)
        if died:
            break
    else:
        pytest.fail(f"{point} was never reached")
    due_now(transfer)
    drive_until(transfer, "CONFIRMED", between=lambda: rails.mine(2))

    assert rails.token_balance(PAYEE) == paid_before + 100 * UNIT
    assert ChainTransaction.objects.filter(leg__transfer=transfer).count() == 1
    assert posted(ACCOUNT) == available() == FUNDS - 100 * UNIT - UNIT // 2
    assert posted("wallet:hot-1:USDC.ethereum") == FUNDS - 100 * UNIT
    assert all(row.balanced for row in trial_balance())


def due_now(transfer: Transfer) -> None:
    """Skip the wait; a killed driver's lease is over as well."""
    Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO, lease_until=None)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls at the same moment, each on a connection of its own; what a call raised stands in the place of its result."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(position: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            with context.bind(Actor.system("test")):
                results[position] = calls[position]()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results
