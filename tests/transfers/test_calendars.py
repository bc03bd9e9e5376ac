"""Business days, cut-offs and value dates: examples from real calendars, and what holds for any calendar and moment."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.calendars import (
    ALWAYS_OPEN,
    Calendar,
    add_business_days,
    add_business_hours,
    closing,
    is_business_day,
    next_business_day,
    opening,
    plan,
    why_closed,
)

MEXICO = Calendar(
    code="mexico",
    title="Mexican banks",
    zone="America/Mexico_City",
    market="XMEX",
    cut_off=time(17),
    closes=time(18),
    also_closed=frozenset({"12-12"}),
)
TARGET = Calendar(
    code="target",
    title="TARGET",
    zone="Europe/Vienna",
    market="XECB",
    opens=time(8),
    cut_off=time(16),
    closes=time(18),
    settlement_days=1,
)
FEDWIRE = Calendar(code="fedwire", title="Fedwire", zone="America/New_York", market="XFED", cut_off=time(17), closes=time(18, 30))
# Works through the night in which clocks change.
NIGHT = Calendar(
    code="night",
    title="Night desk",
    zone="Europe/Vienna",
    weekdays=frozenset(range(7)),
    opens=time(0),
    cut_off=time(6),
    closes=time(8),
)
CALENDARS = (MEXICO, TARGET, FEDWIRE, NIGHT)
calendars = st.sampled_from(CALENDARS)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - it adds the zone
spans = st.timedeltas(timedelta(minutes=1), timedelta(hours=200))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "day", "why"),
    [
        (TARGET, "2026-12-24", ""),
        (TARGET, "2026-12-25", "Christmas Day"),
        (TARGET, "2026-04-03", "Good Friday"),
        (TARGET, "2026-11-28", "closed on Saturdays"),
        (FEDWIRE, "2026-11-26", "Thanksgiving Day"),
        # A holiday on a Saturday leaves the Friday open, one on a Sunday closes the Monday.
        (FEDWIRE, "2026-07-03", ""),
        (FEDWIRE, "2027-07-05", "Independence Day (observed)"),
        (MEXICO, "2026-09-16", "Independence Day"),
        (MEXICO, "2025-12-12", "closed that day"),
    ],
)
def test_it_knows_the_days_on_which_banks_are_closed(calendar: Calendar, day: str, why: str) -> None:
    assert why_closed(calendar, date.fromisoformat(day)) == why


def test_an_extra_open_day_wins_over_weekend_and_list() -> None:
    calendar = Calendar(code="x", title="X", zone="UTC", market="XECB", also_open=frozenset({"2026-12-26"}))
    assert is_business_day(calendar, date(2026, 12, 26))


@pytest.mark.parametrize(
    ("calendar", "handed_over", "value_date", "pays_on", "missed"),
    [
        # 16:59:59 and 17:00 in Mexico City.
        (MEXICO, "2026-11-26T22:59:59", "2026-11-26", "2026-11-26", ""),
        (MEXICO, "2026-11-26T23:00:00", "2026-11-27", "2026-11-27", "Mexican banks: after the cut-off at 17:00 (Mexico City)"),
        (MEXICO, "2026-11-28T18:00:00", "2026-11-30", "2026-11-30", "Mexican banks: closed on Saturdays"),
        # Still Friday there, long Saturday in Vienna.
        (MEXICO, "2026-11-28T05:59:00", "2026-11-30", "2026-11-30", "Mexican banks: after the cut-off at 17:00 (Mexico City)"),
        # Over Christmas: Thursday afternoon, two holidays of which one is a Saturday, a Sunday.
        (TARGET, "2026-12-24T15:30:00", "2026-12-28", "2026-12-29", "TARGET: after the cut-off at 16:00 (Vienna)"),
        (TARGET, "2026-12-31T10:00:00", "2026-12-31", "2027-01-04", ""),
        (TARGET, "2026-04-02T15:00:00", "2026-04-07", "2026-04-08", "TARGET: after the cut-off at 16:00 (Vienna)"),
        # The same hour in UTC, before and after clocks change in Vienna.
        (TARGET, "2026-03-27T14:30:00", "2026-03-27", "2026-03-30", ""),
        (TARGET, "2026-03-30T14:30:00", "2026-03-31", "2026-04-01", "TARGET: after the cut-off at 16:00 (Vienna)"),
        (FEDWIRE, "2026-11-26T18:00:00", "2026-11-27", "2026-11-27", "Fedwire: Thanksgiving Day"),
    ],
)
def test_it_finds_the_value_date(calendar: Calendar, handed_over: str, value_date: str, pays_on: str, missed: str) -> None:
    found = plan(calendar, utc(handed_over))
    assert (found.value_date.isoformat(), found.pays_on.isoformat(), found.missed) == (value_date, pays_on, missed)


def test_lateness_is_counted_in_business_hours() -> None:
    # Friday 16:00 there: two hours until closing, the other two on Monday.
    assert plan(MEXICO, utc("2026-11-27T22:00:00")).late_after == utc("2026-11-30T17:00:00")
    # A rail that never sleeps is late after four hours, whatever the day.
    assert plan(ALWAYS_OPEN, utc("2026-12-25T23:00:00")).late_after == utc("2026-12-26T03:00:00")


def test_a_night_in_which_clocks_change_is_an_hour_shorter_or_longer() -> None:
    eight_hours = timedelta(hours=8)
    assert closing(NIGHT, date(2026, 3, 28)) - opening(NIGHT, date(2026, 3, 28)) == eight_hours
    assert closing(NIGHT, date(2026, 3, 29)) - opening(NIGHT, date(2026, 3, 29)) == eight_hours - timedelta(hours=1)
    assert closing(NIGHT, date(2026, 10, 25)) - opening(NIGHT, date(2026, 10, 25)) == eight_hours + timedelta(hours=1)


@given(calendars, moments)
def test_a_payment_is_worked_on_a_business_day_not_before_it_was_handed_over(calendar: Calendar, moment: datetime) -> None:
    found = plan(calendar, moment)
    handed_over = moment.astimezone(calendar.tz).date()
    assert is_business_day(calendar, found.value_date)
    assert is_business_day(calendar, found.pays_on)
    assert handed_over <= found.value_date <= found.pays_on
    assert (found.value_date == handed_over) == (not found.missed)
    skipped = [handed_over + timedelta(days=n) for n in range(1, (found.value_date - handed_over).days)]
    assert not any(is_business_day(calendar, day) for day in skipped)
    assert moment < found.late_after


@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_later_orders_are_never_worked_on_earlier(calendar: Calendar, moment: datetime, span: timedelta) -> None:
    first, second = plan(calendar, moment), plan(calendar, moment + span)
    assert first.value_date <= second.value_date
    assert first.late_after <= second.late_after


@given(calendars, moments, spans, spans)
def test_business_hours_add_up(calendar: Calendar, moment: datetime, first: timedelta, second: timedelta) -> None:
    at_once = add_business_hours(calendar, moment, first + second)
    assert add_business_hours(calendar, add_business_hours(calendar, moment, first), second) == at_once
    day = at_once.astimezone(calendar.tz).date()
    # Closing at midnight ends the day before; none of these does, so the day of the end is a business day.
    assert is_business_day(calendar, day)
    assert opening(calendar, day) <= at_once <= closing(calendar, day)
    assert at_once - moment >= first + second


@given(calendars, st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 15))
def test_business_days_are_counted_one_by_one(calendar: Calendar, day: date, count: int) -> None:
    end = add_business_days(calendar, day, count)
    between = [day + timedelta(days=n) for n in range((end - day).days)]
    assert sum(is_business_day(calendar, each) for each in between) == count
    assert next_business_day(calendar, end) > end


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": "Europe/Atlantis"}, "no time zone"),
        ({"zone": "../etc/passwd"}, "no time zone"),
        ({"market": "XXXX"}, "no list of holidays"),
        ({"cut_off": time(8)}, "open before its cut-off"),
        ({"cut_off": time(19)}, "close after it"),
        ({"weekdays": frozenset[int]()}, "needs weekdays"),
        ({"also_closed": frozenset({"13-01"})}, "extra closed days"),
        ({"also_open": frozenset({"12-24"})}, "extra open days"),
        ({"settlement_hours": 0}, "business hours"),
    ],
)
def test_a_calendar_nobody_could_keep_is_refused(changes: dict[str, object], words: str) -> None:
    usual: dict[str, object] = {"code": "x", "title": "X", "zone": "UTC", "opens": time(9), "cut_off": time(16), "closes": time(18)}
    with pytest.raises(ValueError, match=words):
        Calendar(**usual | changes)  # type: ignore[arg-type]
