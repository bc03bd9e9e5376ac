"""An order that comes to the bank later than it was promised: the day moves, the client hears of it, and it is paid once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from approvals.commands import place_halt
from approvals.commands.halts import request_lift
from audit import clock
from tests.transfers.batches import drive, legs_of
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import LONG_AGO, World, acting, drive_until
from transfers import locks
from transfers.calendars import Calendar
from transfers.commands.advance.hand_over import hand_over
from transfers.commands.calendars import set_calendar
from transfers.commands.verdict_moves import carry_out
from transfers.models import BankAccount, Leg, PayoutBatch, ProviderCall, Transfer, TransferEvent
from transfers.rails.base import RetryableError, UnknownOutcome

BANK = Calendar(code="mexico", title="Mexican banks", zone="America/Mexico_City", market="XMEX", cut_off=time(17), closes=time(18))
NEVER_SLEEPS = Calendar(
    code="mexico", title="SPEI", zone="America/Mexico_City", weekdays=frozenset(range(7)), opens=time(0), settlement_hours=4
)
# On a Friday: three hours before the cut-off in Mexico City, a minute before it, and the Monday after.
AFTERNOON = datetime(2026, 11, 27, 20, tzinfo=UTC)
JUST_IN_TIME = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 16, tzinfo=UTC)
FRIDAY_THERE, MONDAY_THERE = date(2026, 11, 27), date(2026, 11, 30)
AWAY = RetryableError("it does not answer", provider="bank")
SILENT = UnknownOutcome("no answer came", provider="bank")


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as tame:
        tame.keeps_books, tame.bank_says = True, "ACSP"
        yield tame


def keeps(calendar: Calendar, gather_s: int = 0) -> None:
    set_calendar(calendar, valid_from=LONG_AGO)
    BankAccount.objects.update(calendar_code="mexico", gather_s=gather_s)


def confirmed(house: World, count: int = 1) -> list[Transfer]:
    """Off-ramps whose tokens are with the partner, and whose payout was ordered or has joined a message."""
    transfers = [drive_until(house.off_ramp(f"{100 + number}.00"), "CONFIRMED") for number in range(count)]
    for transfer in transfers:
        drive(transfer)
    return transfers


def told(transfer: Transfer) -> list[TransferEvent]:
    return list(TransferEvent.objects.filter(transfer=transfer, type="transfer.payout_ordered").order_by("seq"))


def dates(transfer: Transfer) -> tuple[date | None, date | None]:
    (leg,) = legs_of([transfer])
    return leg.value_date, leg.expected_on


def asked_for(tame: Tame) -> list[list[date]]:
    return [[order.execution_date for order in message] for message in tame.messages]


def promises_monday(transfer: Transfer) -> None:
    assert dates(transfer) == (MONDAY_THERE, MONDAY_THERE)
    assert transfer.deadline_at == MONDAY + timedelta(hours=4)
    assert transfer.status_text.endswith("on Monday, 30 November 2026.")
    first, second = told(transfer)
    assert (first.data["value_date"], second.data["value_date"]) == ("2026-11-27", "2026-11-30")
    assert ("code" in first.data, second.data["code"]) == (False, "cut_off_missed")


def test_an_order_that_a_bank_without_power_never_got_is_promised_anew(world: World, tame: Tame) -> None:
    keeps(BANK)
    tame.bank_fails = AWAY
    with clock.using(lambda: JUST_IN_TIME):
        (transfer,) = confirmed(world)
    assert dates(transfer) == (FRIDAY_THERE, FRIDAY_THERE)
    asked = ProviderCall.objects.get(transfer=transfer, operation="pay").request
    with clock.using(lambda: MONDAY):
        drive(transfer)
        assert len(told(transfer)) == 1
        tame.bank_fails = None
        drive(transfer)
    promises_monday(transfer)
    assert told(transfer)[1].reason == "Mexican banks: the bank did not get the order by the cut-off of 2026-11-27"
    # The bank may yet find what it was sent first: under one name it is never sent anything else.
    assert ProviderCall.objects.get(transfer=transfer, operation="pay").request == asked
    assert asked_for(tame) == [[FRIDAY_THERE]]


def test_one_that_is_handed_over_again_in_time_is_promised_nothing_else(world: World, tame: Tame) -> None:
    keeps(BANK)
    tame.bank_fails = AWAY
    with clock.using(lambda: AFTERNOON):
        (transfer,) = confirmed(world)
        before = transfer.deadline_at
        tame.bank_fails = None
        drive(transfer)
    assert (len(told(transfer)), transfer.deadline_at) == (1, before)


def test_a_message_closes_in_time_to_be_with_the_bank_before_the_cut_off(world: World, tame: Tame) -> None:
    """Gathered for six hours, the cut-off is in three."""
    keeps(BANK, gather_s=6 * 3600)
    with clock.using(lambda: AFTERNOON):
        confirmed(world)
    batch = PayoutBatch.objects.get()
    assert (batch.status, batch.closes_at) == ("open", datetime(2026, 11, 27, 22, 59, tzinfo=UTC))


def test_one_that_comes_in_the_last_minute_waits_for_nobody(world: World, tame: Tame) -> None:
    keeps(BANK, gather_s=600)
    with clock.using(lambda: JUST_IN_TIME + timedelta(seconds=30)):
        confirmed(world)
    assert asked_for(tame) == [[FRIDAY_THERE]]


def test_a_message_that_missed_its_day_goes_on_the_next_as_another(world: World, tame: Tame) -> None:
    keeps(BANK, gather_s=600)
    with clock.using(lambda: AFTERNOON):
        transfers = confirmed(world, 2)
    with clock.using(lambda: MONDAY):
        for transfer in transfers:
            drive(transfer)
            assert legs_of([transfer])[0].batch_id is None or dates(transfer) == (MONDAY_THERE, MONDAY_THERE)
        assert tame.messages == []
        for transfer in transfers:
            drive(transfer)
    assert PayoutBatch.objects.filter(status="empty").count() == 1
    with clock.using(lambda: MONDAY + timedelta(seconds=601)):
        for transfer in transfers:
            drive(transfer)
    assert asked_for(tame) == [[MONDAY_THERE, MONDAY_THERE]]
    for transfer in transfers:
        assert [event.data["value_date"] for event in told(transfer)] == ["2026-11-27", "2026-11-30"]
        assert transfer.deadline_at == MONDAY + timedelta(hours=4)


def handed_over_in_vain(house: World, tame: Tame, count: int) -> list[Transfer]:
    """A message whose content is fixed, and which the bank never got."""
    keeps(BANK, gather_s=600)
    tame.bank_fails = SILENT
    with clock.using(lambda: AFTERNOON):
        transfers = confirmed(house, count)
    with clock.using(lambda: AFTERNOON + timedelta(seconds=601)):
        drive(transfers[0])
    assert PayoutBatch.objects.get().status == "sent"
    tame.bank_fails = None
    return transfers


def test_a_message_that_the_bank_never_got_is_promised_anew_for_each(world: World, tame: Tame) -> None:
    transfers = handed_over_in_vain(world, tame, 2)
    with clock.using(lambda: MONDAY):
        for transfer in transfers:
            drive(transfer)
    assert asked_for(tame) == [[FRIDAY_THERE, FRIDAY_THERE]]
    for transfer in transfers:
        promises_monday(transfer)


@pytest.mark.parametrize("verdict", ["paid", "unpaid"])
def test_what_people_have_ended_meanwhile_is_not_in_the_message_any_more(world: World, tame: Tame, verdict: str) -> None:
    ended, kept = sorted(handed_over_in_vain(world, tame, 2), key=lambda one: legs_of([one])[0].reference)
    decide(ended, verdict)
    with clock.using(lambda: AFTERNOON + timedelta(hours=1)):
        drive(kept)
    assert tame.paid() == [[legs_of([kept])[0].reference]]
    assert legs_of([kept])[0].request_state == "responded"


def test_a_message_of_which_all_are_ended_is_handed_over_no_more(world: World, tame: Tame) -> None:
    (ended,) = handed_over_in_vain(world, tame, 1)
    decide(ended, "unpaid")
    hand_over(PayoutBatch.objects.get().id)
    assert tame.messages == []
    assert PayoutBatch.objects.get().status == "answered"


def decide(transfer: Transfer, verdict: str) -> None:
    with clock.using(lambda: AFTERNOON + timedelta(minutes=30)):
        carry_out(locks.transfer(transfer.id), locks.legs(transfer.id), verdict=verdict, evidence="seen", request_id=transfer.id)


def test_one_that_is_halted_meanwhile_stays_behind_and_goes_by_itself(world: World, tame: Tame) -> None:
    halted, kept = handed_over_in_vain(world, tame, 2)
    halt = place_halt(scope="account", target="nostro:nordbank-mxn:MXN", reason="looks wrong")
    with clock.using(lambda: AFTERNOON + timedelta(hours=1)):
        drive(kept)
        drive(halted)
        assert tame.messages == []
        assert "looks wrong" in halted.stopped_by
        with acting(world.maker):
            request = request_lift(halt_id=halt.id, reason="it is right", maker=world.maker.id)
        for person in (world.checker, world.second_checker):
            world.vote_on(request, person)
        drive(kept)
        drive(halted)
    references = [leg.reference for leg in legs_of([kept, halted])]
    assert sorted(tame.paid()) == sorted([[name] for name in references])
    assert {message[0].message_id for message in tame.messages} == {kept.reference, halted.reference}
    assert not Leg.objects.filter(rail="bank").exclude(request_state="responded").exists()


@pytest.mark.parametrize("gather_s", [0, 600])
def test_what_the_bank_never_got_waits_while_the_payment_on_chain_is_in_doubt(world: World, tame: Tame, gather_s: int) -> None:
    keeps(BANK, gather_s)
    tame.bank_fails = AWAY
    with clock.using(lambda: AFTERNOON):
        (transfer,) = confirmed(world)
        if gather_s:
            PayoutBatch.objects.update(closes_at=clock.now())
            drive(transfer)
    tame.bank_fails = None
    Transfer.objects.filter(pk=transfer.pk).update(money_state="exception")
    with clock.using(lambda: AFTERNOON + timedelta(hours=1)):
        drive(transfer)
        drive(transfer)
        assert tame.messages == []
        assert transfer.last_error.startswith("reorged_after_payout: ")
        Transfer.objects.filter(pk=transfer.pk).update(money_state="posted")
        drive(transfer)
    assert tame.paid() == [[legs_of([transfer])[0].reference]]


@pytest.mark.parametrize("gather_s", [0, 600])
def test_the_day_of_a_rail_that_never_sleeps_is_the_day_where_the_bank_is(world: World, tame: Tame, gather_s: int) -> None:
    """Seven in the evening in Mexico City, and the next day in UTC."""
    keeps(NEVER_SLEEPS, gather_s)
    with clock.using(lambda: datetime(2026, 11, 28, 1, tzinfo=UTC)):
        (transfer,) = confirmed(world)
        if gather_s:
            PayoutBatch.objects.update(closes_at=clock.now())
            drive(transfer)
    assert asked_for(tame) == [[FRIDAY_THERE]]
    assert dates(transfer) == (FRIDAY_THERE, None)
