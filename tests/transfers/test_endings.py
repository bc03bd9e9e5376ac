"""Cancelling and expiring: before the intent everything comes back, after it nothing is stopped."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.commands.expiry import expire_due
from approvals.models import LimitUse
from audit import clock, context
from audit.context import Actor, ActorType
from ledger.models import Hold
from tests.transfers.world import FUNDS, Books, World, available, history, request_of
from transfers import driver
from transfers.commands.cancel import cancel
from transfers.errors import Conflict, NotFound
from transfers.models import Transfer


def later(transfer: Transfer) -> Callable[[], object]:
    return lambda: transfer.good_until + timedelta(seconds=1)


@pytest.mark.parametrize("amount", ["100.00", "5000.00"])
def test_cancelling_gives_everything_back(world: World, amount: str) -> None:
    transfer = world.order(amount)
    cancel(transfer.id, "changed our mind")
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, transfer.money_state) == ("CANCELLED", "cancelled_by_operator", "none")
    assert available() == FUNDS
    assert Hold.objects.get(reference=transfer.hold_reference).status == "released"
    assert not LimitUse.objects.filter(given_back_at=None).exists()
    if transfer.approval_request_id:
        assert request_of(transfer).status == "withdrawn"


def test_cancelling_twice_is_cancelling_once(world: World) -> None:
    transfer = world.order()
    cancel(transfer.id, "once")
    before = Books.now()
    cancel(transfer.id, "twice")
    assert Books.now() == before


def test_a_client_s_own_cancellation_is_told_as_such(world: World) -> None:
    transfer = world.order()
    with context.bind(Actor(ActorType.API_CLIENT, "csk_test")):
        cancel(transfer.id, "asked through the API")
    transfer.refresh_from_db()
    assert transfer.failure_code == "cancelled_by_client"


def test_an_unknown_transfer_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        cancel(world.maker.id, "no such thing")


def test_an_ended_one_is_not_cancelled(world: World) -> None:
    transfer = world.order("5000.00")
    world.vote(transfer, world.checker, "reject")
    transfer.refresh_from_db()
    assert cancel(transfer.id, "again").failure_code == "approval_rejected"


def test_an_approval_that_lapses_expires_the_transfer(world: World) -> None:
    transfer = world.order("5000.00")
    with clock.using(later(transfer)):  # type: ignore[arg-type]
        assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("EXPIRED", "approval_expired")
    assert request_of(transfer).status == "expired"
    assert available() == FUNDS
    assert history(transfer.id)[-1] == ("expired", "CREATED", "EXPIRED")


def test_the_approvals_own_sweep_ends_the_transfer_too(world: World) -> None:
    transfer = world.order("5000.00")
    with clock.using(later(transfer)):  # type: ignore[arg-type]
        expire_due()
    transfer.refresh_from_db()
    assert transfer.status == "EXPIRED"
    assert available() == FUNDS


def test_a_votes_wait_is_no_failure(world: World) -> None:
    transfer = world.order("5000.00")
    Transfer.objects.filter(pk=transfer.pk).update(due_at=clock.now())
    assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempts, transfer.last_error) == ("CREATED", 0, "")
    assert transfer.due_at == transfer.not_after


def test_a_priced_order_without_approval_expires_as_well(world: World) -> None:
    transfer = world.order()
    with clock.using(later(transfer)):  # type: ignore[arg-type]
        assert driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("EXPIRED", "bounds_expired")


@pytest.mark.parametrize(("actor", "named"), [(ActorType.OPERATOR, "expired"), (ActorType.API_CLIENT, "EXPIRED")])
def test_conflict_is_said_in_words_and_to_clients_by_the_state_s_name(world: World, actor: ActorType, named: str) -> None:
    transfer = world.order()
    with clock.using(later(transfer)):  # type: ignore[arg-type]
        driver.advance_one(transfer.id)
    with context.bind(Actor(actor, "test")), pytest.raises(Conflict, match=f"that is {named} cannot"):
        cancel(transfer.id, "too late")
