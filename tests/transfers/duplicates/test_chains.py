"""Payments on a chain with blocks and a pool, said again and in any order: hurried, called back, swept, sent back."""

from functools import partial
from typing import Any

import pytest

from audit import context
from audit.context import Actor
from tests.transfers.duplicates.shuffling import SEEDS, booked, covers, drive_all, everybody_votes, nothing_is_broken, shuffled
from tests.transfers.incoming import SENDER, address_of, fake_chain
from tests.transfers.sweeps import HOT, ROOM, SWEPT, proved
from tests.transfers.test_send_back_on_chain import DUST, LETTER
from tests.transfers.whole import Whole, whole_outside
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, acting, available, drive_until, posted
from transfers import tasks
from transfers.commands import dear_speed_up
from transfers.commands.deposits.send_back_payload import ACTION as SEND_BACK
from transfers.commands.deposits.stated import state_address
from transfers.commands.deposits.watching import watch
from transfers.commands.recall import recall
from transfers.commands.speed_up import speed_up
from transfers.commands.sweeping.begin import begin_due, sweep_now
from transfers.models import Arrival, ChainTransaction, DepositAddress, Transfer, WalletReservation
from transfers.states import Route

WEI = 10**12
DEAR = 500 * WEI


def sent_once(whole: Whole) -> None:
    """Every set of bytes was handed to the network as often as it was lost there, which is never here; no nonce is used twice."""
    assert len(whole.tame.broadcasts) == len(set(whole.tame.broadcasts)) == ChainTransaction.objects.count()
    paid = {whole.tame.nonce_of(sent) for sent in whole.included}
    assert len(whole.included) == len(paid) == ChainTransaction.objects.values("leg").distinct().count()


@pytest.mark.parametrize("seed", SEEDS)
@covers(speed_up, dear_speed_up.ask, tasks.watch_chain, tasks.drive_due)
def test_a_payment_that_is_hurried(world: World, seed: int) -> None:
    with whole_outside() as whole:
        whole.mines = False
        transfer = drive_until(world.order("100.00"), "SENT_ON_CHAIN")

        def hurry() -> None:
            if not WalletReservation.objects.filter(hurried_at__isnull=False).exists():
                speed_up(transfer.pk, "the client waits")
            speed_up(transfer.pk, "")

        def ask() -> None:
            with acting(world.maker):
                dear_speed_up.ask(transfer_id=transfer.pk, gas_amount=DEAR, reason="the client waits", maker=world.maker.id)

        votes = everybody_votes(dear_speed_up.ACTION, world.checker, world.second_checker)
        shuffled(seed, [hurry, ask, *votes, drive_all, tasks.watch_chain, whole.mine])
        whole.mines = True
        shuffled(seed, [whole.mine, drive_all, tasks.drive_due, tasks.watch_chain, hurry, ask])
        sent_once(whole)
    transfer.refresh_from_db()
    assert (transfer.status, ChainTransaction.objects.filter(status="confirmed").count()) == ("CONFIRMED", 1)
    assert (booked()["withdrawal"], posted(ACCOUNT)) == (1, FUNDS - 100 * UNIT - int(transfer.fee_amount))
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(recall, tasks.watch_chain)
def test_a_payment_that_is_called_back(world: World, seed: int) -> None:
    with whole_outside() as whole:
        whole.mines = False
        transfer = drive_until(world.order("100.00"), "SENT_ON_CHAIN")
        again = partial(recall, transfer.pk, "wrong address")
        again()
        drive_all()
        whole.mines = True
        shuffled(seed, [again, drive_all, tasks.drive_due, tasks.watch_chain, whole.mine])
        sent_once(whole)
    transfer.refresh_from_db()
    assert (transfer.status, posted(ACCOUNT), available()) == ("CANCELLED", FUNDS, FUNDS)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(begin_due, sweep_now, tasks.sweep_deposits)
def test_deposits_that_are_swept(world: World, settings: Any, seed: int) -> None:
    settings.DEPOSIT_SWEEPS = SWEPT
    deposit = proved(250 * UNIT)
    address = DepositAddress.objects.get(client_id=deposit.client_id).pk

    def by_hand() -> None:
        sweep_now(address_id=address, asset_id="USDC.ethereum", reason="it is needed")

    with whole_outside() as whole:
        shuffled(seed, [begin_due, tasks.sweep_deposits, by_hand, drive_all, tasks.drive_due, whole.mine, tasks.watch_chain])
        sent_once(whole)
    assert [one.status for one in Transfer.objects.filter(route=Route.DEPOSIT_SWEEP)] == ["CONFIRMED"]
    assert (posted(ROOM), posted(HOT)) == (0, FUNDS + 250 * UNIT)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(state_address)
def test_tokens_that_go_back_to_where_two_people_say(world: World, seed: int) -> None:
    with fake_chain() as chain:
        chain.pay(address_of().value, DUST)
        chain.mine(3)
        watch()
        drive_until(Transfer.objects.get(), "FAILED")
    arrival = Arrival.objects.get()

    def state(person: Any) -> None:
        with acting(person):
            state_address(arrival_id=arrival.pk, address=SENDER, evidence=LETTER, fee=0, person_id=person.id)

    states = [partial(state, person) for person in (world.maker, world.second_checker)]
    with whole_outside() as whole, context.bind(Actor.system("test")):
        votes = everybody_votes(SEND_BACK, world.checker)
        shuffled(seed, [*states, *votes, drive_all, tasks.drive_due, whole.mine, tasks.watch_chain])
        sent_once(whole)
    assert [one.status for one in Transfer.objects.filter(send_back__isnull=False)] == ["CONFIRMED"]
    assert posted(f"quarantine:arrivals:{'USDC.ethereum'}") == 0
    nothing_is_broken()
