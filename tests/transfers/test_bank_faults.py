"""Faults of the running sandbox bank, and what our side makes of each: nobody is paid twice, nothing is refunded on a rumour."""

import json
import time

import pytest

from ledger.queries import trial_balance
from tests.transfers.bank_faults import bookings, faulty
from tests.transfers.stack import Stack
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, drive_until, history, posted
from transfers.models import Leg, ProviderCall, Transfer
from transfers.webhooks import commands as inbox

pytestmark = pytest.mark.stack
PAID_OUT = FUNDS - 100 * UNIT - UNIT


def a_moment(rails: Stack) -> None:
    rails.mine()
    time.sleep(0.1)


def settled(house: World, rails: Stack) -> Transfer:
    return drive_until(house.off_ramp("100.00"), "FIAT_SETTLED", between=lambda: a_moment(rails))


def hint(transfer: Transfer, name: str) -> str:
    """As the bank sends it; what was made of it."""
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    body = json.dumps({"data": {"end_to_end_id": leg.reference}}).encode()
    receipt = inbox.store(source="bank", webhook_id=name, headers={}, body=body)
    return inbox.process(receipt.webhook_id).value


def pay_call(transfer: Transfer) -> ProviderCall:
    return ProviderCall.objects.get(transfer=transfer, operation="pay")


@pytest.mark.parametrize("kind", ["timeout", "lose"])
def test_an_answer_that_never_came_is_asked_for_and_the_order_paid_once(live: World, rails: Stack, kind: str) -> None:
    with faulty(rails, kind):
        transfer = settled(live, rails)
    call = pay_call(transfer)
    assert (call.outcome, call.summary) == ("answered", "The bank answered ACTC." if kind == "lose" else call.summary)
    assert [kind for kind, *_ in history(transfer.id)].count("payout_ordered") == 1
    assert posted(ACCOUNT) == PAID_OUT
    assert bookings(rails, transfer) == 1


def test_while_the_answer_is_unknown_it_is_said_so(live: World, rails: Stack) -> None:
    with faulty(rails, "lose"):
        transfer = drive_until(live.off_ramp("100.00"), "CONFIRMED", between=lambda: a_moment(rails))
        assert transfer.last_error.startswith("bank_unknown: ")
        assert transfer.request_state == "timed_out"
    assert posted(ACCOUNT) == PAID_OUT


def test_a_bank_that_is_down_is_waited_for(live: World, rails: Stack) -> None:
    transfer = drive_until(live.off_ramp("100.00"), "CONFIRMED", between=lambda: a_moment(rails))
    with faulty(rails, "down"):
        for _ in range(2):
            drive_until(transfer, "CONFIRMED")
        assert transfer.last_error.startswith(("bank_unknown: ", "bank_unavailable: "))
        assert transfer.attempts
    drive_until(transfer, "FIAT_SETTLED", between=lambda: a_moment(rails))
    assert bookings(rails, transfer) == 1


def test_a_rejection_with_its_reason(live: World, rails: Stack) -> None:
    with faulty(rails, "reject", code="RR04"):
        transfer = drive_until(live.off_ramp("100.00"), "FAILED", between=lambda: a_moment(rails))
    assert (transfer.failure_code, posted(ACCOUNT)) == ("bank_rejected", FUNDS)
    assert "RR04" in pay_call(transfer).summary


def test_a_confirmation_that_comes_twice_changes_nothing_the_second_time(live: World, rails: Stack) -> None:
    transfer = settled(live, rails)
    seen, calls = history(transfer.id), ProviderCall.objects.filter(transfer=transfer).count()
    for number in range(3):
        assert hint(transfer, f"msg_{number}") == "processed"
        drive_until(transfer, "FIAT_SETTLED")
    assert history(transfer.id) == seen
    # The repeated answer is on record once, as an answer to a question that was asked again.
    assert ProviderCall.objects.filter(transfer=transfer).count() == calls + 1
    assert (transfer.money_state, transfer.due_at) == ("posted", None)
    assert posted(ACCOUNT) == PAID_OUT


def test_an_answer_out_of_order_only_delays(live: World, rails: Stack) -> None:
    with faulty(rails, "reorder"):
        transfer = settled(live, rails)
    assert history(transfer.id)[-1][0] == "fiat_settled"
    assert bookings(rails, transfer) == 1


def test_a_bank_that_contradicts_itself_is_for_people_and_refunds_nothing(live: World, rails: Stack) -> None:
    with faulty(rails, "contradict", seconds="2", code="AC04"):
        transfer = settled(live, rails)
        _until_contradicted(rails, transfer)
    assert (transfer.status, transfer.money_state, transfer.evidence_state) == ("FIAT_SETTLED", "exception", "disputed")
    assert transfer.last_error.startswith("bank_contradicts: ")
    assert transfer.deadline_at is not None
    assert transfer.deadline_at <= transfer.updated_at
    assert transfer.status_text.startswith("Your payout needs a closer look at the bank.")
    assert posted(ACCOUNT) == PAID_OUT
    assert all(row.debits == row.credits for row in trial_balance())
    before = history(transfer.id)
    hint(transfer, "again")
    drive_until(transfer, "FIAT_SETTLED")
    assert history(transfer.id) == before


def _until_contradicted(rails: Stack, transfer: Transfer) -> None:
    for number in range(100):
        hint(transfer, f"hint_{number}")
        drive_until(transfer, "FIAT_SETTLED")
        if transfer.money_state == "exception":
            return
        a_moment(rails)
    raise AssertionError("the bank stands by its word")


def test_a_bank_that_forgets_an_order_it_took_is_sent_nothing_again(world: World) -> None:
    with tame_outside() as tame:
        _forgets(world, tame)


def _forgets(world: World, tame: Tame) -> None:
    tame.bank_says = "ACSP"
    transfer = drive_until(world.off_ramp(), "CONFIRMED")
    drive_until(transfer, "CONFIRMED")
    tame.bank_says = "NOTFOUND"
    drive_until(transfer, "CONFIRMED")
    assert transfer.last_error.startswith("bank_forgot: ")
    assert (transfer.money_state, transfer.request_state) == ("posted", "responded")
    assert ProviderCall.objects.filter(transfer=transfer, operation="pay").count() == 1
