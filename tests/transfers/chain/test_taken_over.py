"""Outbidding, sending again and recalling by workers that die, sleep and repeat themselves: one payment, or none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType

import pytest

from tests.transfers.chain.weather import LONG_AGO, attempts, deep, has_waited, nothing_taken, paid_once, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import PAYEE, UNIT, Books, World, drive_until
from transfers import driver
from transfers.commands import recall as recalling
from transfers.commands import speed_up as speeding
from transfers.commands.advance import replace, resend
from transfers.commands.recall import recall
from transfers.commands.speed_up import speed_up
from transfers.crashpoints import ALL
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import ProviderCall, Transfer

pytestmark = pytest.mark.stack
REPLACE = [name for name in ALL if name.startswith("replace.")]
RESEND = [name for name in ALL if name.startswith("resend.")]
# Between transactions: there somebody else may do the whole step meanwhile.
BETWEEN = ("before_intent", "after_intent", "after_sign", "after_store", "after_broadcast", "before_call", "after_call")


class Died(BaseException):
    """No handler of ours catches it, as none catches a kill."""


@contextmanager
def at(module: ModuleType, point: str, happens: Callable[[], object]) -> Iterator[None]:
    """The first time that the point is passed in the block, this happens."""
    passed: list[str] = []

    def crashpoint(name: str) -> None:
        if name == point and name not in passed:
            passed.append(name)
            happens()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "crashpoint", crashpoint)
        yield
    assert passed == [point], "it was not passed"


@contextmanager
def dying(module: ModuleType, point: str) -> Iterator[None]:
    def die() -> None:
        raise Died(point)

    with at(module, point, die), pytest.raises(Died):
        yield


def taken_over(transfer: Transfer) -> Transfer:
    """The lease has lapsed, and somebody else takes a step."""
    Transfer.objects.filter(pk=transfer.pk).update(lease_until=LONG_AGO)
    return step(transfer)


def outbid_due(live: World) -> Transfer:
    transfer = sent(live.order())
    has_waited(transfer)
    return transfer


def dropped(live: World, rails: Stack) -> Transfer:
    transfer = sent(live.order())
    rails.order("drop")
    assert step(transfer).status == "DROPPED"
    return transfer


def paid(transfer: Transfer, rails: Stack, before: int, *, tries: int) -> None:
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    assert len(attempts(transfer)) == tries
    paid_once()


@pytest.mark.parametrize("point", REPLACE)
def test_outbidding_that_died_there_is_finished_by_the_next(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), outbid_due(live)
    with dying(replace, point):
        step(transfer)
    for _ in range(3):
        taken_over(transfer)
    assert [one.status for one in attempts(transfer)] == ["broadcast", "broadcast"]
    paid(transfer, rails, before, tries=2)


@pytest.mark.parametrize("point", [name for name in REPLACE if ".after_" in name])
def test_a_recall_that_died_there_pays_nobody(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), sent(live.order())
    recall(transfer.id, "wrong address")
    with dying(replace, point):
        step(transfer)
    for _ in range(3):
        taken_over(transfer)
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert [one.purpose for one in attempts(transfer)] == ["payment", "cancel"]
    assert rails.token_balance(PAYEE) == before
    nothing_taken()


@pytest.mark.parametrize("point", ["replace.after_intent", "replace.after_store"])
def test_what_was_asked_for_an_attempt_that_came_too_late_is_closed(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), outbid_due(live)
    with dying(replace, point):
        step(transfer)
    rails.mine()
    taken_over(transfer)
    paid(transfer, rails, before, tries=1 if point == "replace.after_intent" else 2)
    assert not ProviderCall.objects.filter(outcome__in=("intent", "unknown")).exists()


@pytest.mark.parametrize("point", RESEND)
def test_sending_again_that_died_there_pays_once(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), dropped(live, rails)
    with dying(resend, point):
        step(transfer)
    for _ in range(3):
        taken_over(transfer)
    paid(transfer, rails, before, tries=1)


@pytest.mark.parametrize("point", [name for name in REPLACE if name.endswith(BETWEEN)])
def test_whoever_sleeps_while_another_outbids_does_nothing_after(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), outbid_due(live)
    with at(replace, point, lambda: taken_over(transfer)):
        step(transfer)
    assert [one.status for one in attempts(transfer)] == ["broadcast", "broadcast"]
    paid(transfer, rails, before, tries=2)


@pytest.mark.parametrize("point", [name for name in RESEND if name.endswith(BETWEEN)])
def test_whoever_sleeps_while_another_sends_again_does_nothing_after(live: World, rails: Stack, point: str) -> None:
    before, transfer = rails.token_balance(PAYEE), dropped(live, rails)
    with at(resend, point, lambda: taken_over(transfer)):
        step(transfer)
    paid(transfer, rails, before, tries=1)


def test_a_worker_that_wakes_after_all_is_over_changes_nothing(live: World, rails: Stack) -> None:
    transfer = outbid_due(live)
    Transfer.objects.filter(pk=transfer.pk).update(due_at=LONG_AGO)
    asleep = driver.claim(transfer.id)
    assert asleep is not None
    taken_over(transfer)
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    before = Books.now()
    driver.drive(asleep)
    assert Books.now() == before
    paid_once()


def test_a_button_whose_process_dies_has_done_nothing_and_pressed_thrice_does_it_once(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    before = Books.now()
    with dying(speeding, "speed_up.before_commit"):
        speed_up(transfer.id, "hurry")
    with dying(recalling, "recall.before_commit"):
        recall(transfer.id, "stop")
    assert Books.now() == before
    for _ in range(3):
        speed_up(transfer.id, "hurry")
    for _ in range(3):
        step(transfer)
    assert len(attempts(transfer)) == 2
    for _ in range(3):
        recall(transfer.id, "stop")
        step(transfer)
    assert [one.purpose for one in attempts(transfer)] == ["payment", "payment", "cancel"]
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    nothing_taken()


@pytest.mark.parametrize("seed", range(4))
def test_everything_again_and_in_any_order_pays_once_or_nobody(live: World, rails: Stack, seed: int) -> None:
    before, transfer = rails.token_balance(PAYEE), sent(live.order())

    def press(button: Callable[[], object]) -> None:
        try:
            button()
        except (Conflict, Refused, Unavailable):
            return

    deeds: list[Callable[[], object]] = [
        *[lambda: taken_over(transfer)] * 4,
        *[lambda: press(lambda: speed_up(transfer.id, "hurry"))] * 2,
        *[lambda: press(lambda: recall(transfer.id, "stop"))] * 2,
        *[lambda: rails.order("drop")] * 2,
        *[lambda: has_waited(transfer)] * 2,
        rails.mine,
    ]
    Random(seed).shuffle(deeds)
    for deed in deeds:
        deed()
    drive_until(transfer, "CONFIRMED", "CANCELLED", between=lambda: deep(rails))
    was_paid = transfer.status == "CONFIRMED"
    assert rails.token_balance(PAYEE) == before + (100 * UNIT if was_paid else 0)
    paid_once() if was_paid else nothing_taken()
