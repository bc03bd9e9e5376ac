"""Every state's deadline is stored when the state is entered, by the bank's calendar where a bank keeps hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from audit import clock
from audit.models import AuditEvent
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import LONG_AGO, World, drive_until
from transfers.calendars import Calendar
from transfers.commands.calendars import calendar_at, set_calendar
from transfers.errors import Conflict, Refused
from transfers.models import BankAccount, BankCalendar, Leg, ProviderCall, Transfer, TransferEvent
from transfers.states import TERMINAL

BANK = Calendar(
    code="mexico",
    title="Mexican banks",
    zone="America/Mexico_City",
    market="XMEX",
    cut_off=time(17),
    closes=time(18),
    settlement_days=1,
)
# A Friday, an hour after the cut-off in Mexico City.
FRIDAY_NIGHT = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as tame:
        yield tame


def keeps_hours() -> None:
    set_calendar(BANK, valid_from=LONG_AGO)
    BankAccount.objects.update(calendar_code="mexico")


def bank_leg(transfer: Transfer) -> Leg:
    return Leg.objects.get(transfer=transfer, rail="bank")


def test_it_has_a_deadline_in_every_state_until_it_ends(world: World, tame: Tame) -> None:
    transfer = world.off_ramp()
    seen: dict[str, timedelta] = {}

    def look() -> None:
        transfer.refresh_from_db()
        assert transfer.deadline_at is not None or transfer.status in TERMINAL
        if transfer.deadline_at:
            seen[transfer.status] = transfer.deadline_at - transfer.state_entered_at

    look()
    assert seen == {"CREATED": timedelta(minutes=5)}
    drive_until(transfer, "FIAT_SETTLED", between=look)
    look()
    assert seen["FIAT_SETTLED"] == timedelta(hours=24)
    told = TransferEvent.objects.filter(transfer=transfer, type="transfer.confirmed").get()
    assert told.status_text == "The conversion is done. The bank is paying out to your beneficiary."


def test_one_that_waits_for_people_gets_the_machines_time_once_they_have_decided(world: World) -> None:
    transfer = world.order("5000.00")
    assert transfer.deadline_at == transfer.created_at + timedelta(hours=2)
    world.approve(transfer)
    transfer.refresh_from_db()
    assert transfer.deadline_at is not None
    assert timedelta(0) < transfer.deadline_at - clock.now() <= timedelta(minutes=5)


def test_an_ended_one_has_none(world: World, tame: Tame) -> None:
    tame.bank_says = "RJCT"
    assert drive_until(world.off_ramp(), "FAILED").deadline_at is None


def test_a_payout_after_the_cut_off_is_ordered_for_the_next_business_day(world: World, tame: Tame) -> None:
    keeps_hours()
    tame.bank_says = "ACSP"
    with clock.using(lambda: FRIDAY_NIGHT):
        transfer = drive_until(world.off_ramp(), "CONFIRMED")
        drive_until_ordered(transfer)
    leg = bank_leg(transfer)
    assert (leg.value_date, leg.expected_on) == (date(2026, 11, 30), date(2026, 12, 1))
    assert leg.missed_cut_off == "Mexican banks: after the cut-off at 17:00 (Mexico City)"
    assert '"execution_date": "2026-11-30"' in ProviderCall.objects.get(leg=leg, operation="pay").request
    assert transfer.status_text == "The conversion is done. The bank pays your beneficiary on Tuesday, 1 December 2026."
    # Four business hours after the bank opens on the day it should pay.
    assert transfer.deadline_at == datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
    ordered = TransferEvent.objects.get(transfer=transfer, type="transfer.payout_ordered")
    assert ordered.data["code"] == "cut_off_missed"
    assert ordered.status_text == transfer.status_text


def drive_until_ordered(transfer: Transfer) -> None:
    for _ in range(5):
        if bank_leg(transfer).request_state == "responded":
            return
        drive_until(transfer, "CONFIRMED")
    raise AssertionError("the payout was never ordered")


def test_the_deadline_does_not_follow_a_calendar_that_changes_later(world: World, tame: Tame) -> None:
    keeps_hours()
    tame.bank_says = "ACSP"
    with clock.using(lambda: FRIDAY_NIGHT):
        transfer = drive_until(world.off_ramp(), "CONFIRMED")
        drive_until_ordered(transfer)
        before = transfer.deadline_at
        set_calendar(
            Calendar(code="mexico", title="Slower", zone="America/Mexico_City", settlement_days=5), valid_from=FRIDAY_NIGHT
        )
        drive_until(transfer, "CONFIRMED")
    transfer.refresh_from_db()
    assert transfer.deadline_at == before


def test_a_statement_is_due_at_the_end_of_the_next_business_day(world: World, tame: Tame) -> None:
    keeps_hours()
    with clock.using(lambda: FRIDAY_NIGHT):
        transfer = drive_until(world.off_ramp(), "FIAT_SETTLED")
    # Friday evening there: the next business day is Monday, which ends at 18:00.
    assert transfer.deadline_at == datetime(2026, 12, 1, 0, 0, tzinfo=UTC)


def test_a_calendar_nobody_set_stops_the_order_and_not_the_books(world: World, tame: Tame) -> None:
    BankAccount.objects.update(calendar_code="atlantis")
    transfer = drive_until(world.off_ramp(), "CONFIRMED")
    drive_until(transfer, "CONFIRMED")
    transfer.refresh_from_db()
    assert transfer.money_state == "posted"
    assert transfer.last_error.startswith("calendar_unknown: There is no calendar atlantis")
    assert not ProviderCall.objects.filter(transfer=transfer, operation="pay").exists()
    assert bank_leg(transfer).request_state == "received"


def test_a_calendar_reads_as_it_was_in_force(world: World) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    set_calendar(BANK, valid_from=LONG_AGO)
    set_calendar(Calendar(code="mexico", title="New hours", zone="America/Mexico_City"), valid_from=later)
    assert calendar_at("mexico", later - timedelta(seconds=1)) == BANK
    assert calendar_at("mexico", later).title == "New hours"
    with pytest.raises(Refused, match="no calendar mexico"):
        calendar_at("mexico", LONG_AGO - timedelta(seconds=1))


def test_what_was_in_force_is_never_rewritten(world: World) -> None:
    first = set_calendar(BANK, valid_from=LONG_AGO, reason="as agreed")
    assert set_calendar(BANK, valid_from=LONG_AGO) == first
    with pytest.raises(Conflict):
        set_calendar(Calendar(code="mexico", title="Other", zone="UTC"), valid_from=LONG_AGO)
    assert BankCalendar.objects.count() == 1
    assert AuditEvent.objects.filter(type="bank_calendar.set").count() == 1
    assert first.history.get().history_change_reason == "as agreed"
