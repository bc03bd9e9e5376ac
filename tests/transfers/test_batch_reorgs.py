"""A payout that waits in a message for the bank, and whose payment on chain is taken back meanwhile: it leaves the message."""

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.transfers import world as worlds
from tests.transfers.batches import all_until, close, drive, gathered, joined, legs_of, times_at_the_bank
from tests.transfers.chain.weather import attempts, branch_off, deep, paid_once, step, the_books_prove_themselves, watch
from tests.transfers.stack import Stack
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, available, drive_until, posted
from transfers import locks
from transfers.commands.advance.hand_over import hand_over
from transfers.commands.recall import recall, why_not_recall
from transfers.commands.reorg import take_back
from transfers.errors import Conflict
from transfers.models import Leg, PayoutBatch, ProviderCall, Transfer


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as tame:
        yield tame


@pytest.mark.stack
def test_one_whose_payment_is_taken_back_leaves_the_message_and_joins_the_next(gathering: World, rails: Stack) -> None:
    kept, undone = joined(gathering, rails, 2)
    branch_off(undone, rails, "later")
    assert watch(undone).status == "REORGED"
    (leg,) = legs_of([undone])
    assert (leg.batch_id, leg.request_state, leg.value_date, leg.expected_on) == (None, "received", None, None)
    close()
    all_until([kept], rails, "FIAT_SETTLED")
    assert PayoutBatch.objects.get().count == 1
    assert times_at_the_bank(rails, legs_of([kept, undone])) == [1, 0]
    drive_until(undone, "CONFIRMED", between=lambda: deep(rails))
    drive(undone)
    close()
    all_until([undone], rails, "FIAT_SETTLED")
    assert times_at_the_bank(rails, legs_of([kept, undone])) == [1, 1]
    paid_once(taken=(101 + 102) * UNIT)


@pytest.mark.stack
def test_one_that_is_taken_back_and_recalled_pays_nobody(gathering: World, rails: Stack) -> None:
    kept, undone = joined(gathering, rails, 2)
    branch_off(undone, rails, "never")
    assert watch(undone).status == "REORGED"
    close()
    all_until([kept], rails, "FIAT_SETTLED")
    assert step(undone).status == "SENT_ON_CHAIN"
    recall(undone.id, "The beneficiary is wrong.")
    drive_until(undone, "CANCELLED", between=lambda: deep(rails))
    assert times_at_the_bank(rails, legs_of([kept, undone])) == [1, 0]
    assert not ProviderCall.objects.filter(transfer=undone, operation="pay").exists()
    paid_once(taken=101 * UNIT)


def undo(transfer: Transfer) -> None:
    take_back(locks.transfer(transfer.id), locks.legs(transfer.id), attempts(transfer)[0])


def test_whoever_hands_it_over_waits_for_who_is_being_taken_back(committing: None, tame: Tame) -> None:
    kept, undone = gathered(worlds.build(), 2)
    batch = PayoutBatch.objects.get()
    with transaction.atomic():
        undo(undone)
        other = threading.Thread(target=_hand_over, args=(batch.id,))
        other.start()
        _until_somebody_waits()
    other.join(timeout=30)
    assert tame.paid() == [[legs_of([kept])[0].reference]]
    assert PayoutBatch.objects.get().count == 1


def _hand_over(batch_id: UUID) -> None:
    hand_over(batch_id)
    connection.close()


def _until_somebody_waits() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits for a lock")


def test_who_is_not_confirmed_any_more_is_never_handed_over(world: World, tame: Tame) -> None:
    """Even one that an older release has left in its message."""
    kept, undone = gathered(world, 2)
    batch = PayoutBatch.objects.get()
    undo(undone)
    Leg.objects.filter(transfer=undone, rail="bank").update(batch=batch)
    drive(kept)
    assert kept.status == "FIAT_SETTLED"
    assert tame.paid() == [[legs_of([kept])[0].reference]]
    assert [(leg.batch_id, leg.request_state) for leg in legs_of([undone])] == [(None, "received")]


def test_a_message_that_all_have_left_is_never_handed_over(world: World, tame: Tame) -> None:
    (undone,) = gathered(world, 1)
    batch = PayoutBatch.objects.get()
    undo(undone)
    hand_over(batch.id)
    assert tame.paid() == []
    assert PayoutBatch.objects.get().status == "empty"


def ordered_and_undone(house: World) -> Transfer:
    """As an older release could leave it: the bank was ordered, and the payment on chain is on its way again."""
    (transfer,) = gathered(house, 1)
    undo(transfer)
    Leg.objects.filter(transfer=transfer, rail="bank").update(request_state="forwarded")
    return step(transfer)


def test_what_the_bank_was_ordered_to_pay_cannot_be_recalled(world: World, tame: Tame) -> None:
    tame.confirmations = 0
    transfer = ordered_and_undone(world)
    assert transfer.status == "SENT_ON_CHAIN"
    assert why_not_recall(transfer) == "The bank was ordered to pay out already: the payment on chain has to go through."
    with pytest.raises(Conflict, match="ordered to pay out already"):
        recall(transfer.id, "The beneficiary is wrong.")


def test_what_the_bank_was_ordered_to_pay_is_given_back_to_nobody(world: World, tame: Tame) -> None:
    transfer = ordered_and_undone(world)
    tame.reverts = True
    held = available()
    step(transfer)
    assert (transfer.status, transfer.money_state, available()) == ("SENT_ON_CHAIN", "exception", held)
    assert transfer.last_error.startswith("reorged_after_payout: ")
    assert posted(ACCOUNT) == FUNDS
    the_books_prove_themselves()
