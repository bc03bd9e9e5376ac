"""How long a figure of the outside says anything. What is older is unknown: it is shown with its age, and never as agreement."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from audit import clock
from reconciliation.models import BalanceReading
from transfers.calendars import Calendar, add_business_days, closing
from transfers.commands.calendars import calendar_of
from transfers.errors import Refused
from transfers.models import BankAccount
from transfers.rails.registry import rails

# Beyond the time that the blocks take which lie on top of one that is final.
CHAIN_GOOD_FOR = timedelta(minutes=5)
# A rail without a calendar works every day; one with a calendar has its statement by the end of the second business day.
BANK_GOOD_FOR = timedelta(days=2)
BUSINESS_DAYS = 2


def good_until(reading: BalanceReading, banks: Mapping[str, BankAccount]) -> datetime:
    """The moment from which it is too old. `banks` by ledger account."""
    if reading.kind == BalanceReading.Kind.CHAIN:
        chain = rails().settings
        return reading.as_of + CHAIN_GOOD_FOR + timedelta(seconds=chain.block_time_s * chain.final_depth)
    calendar = _calendar(banks.get(reading.account_code))
    if calendar is None or calendar.is_always_open:
        return reading.as_of + BANK_GOOD_FOR
    day = reading.as_of.astimezone(calendar.tz).date()
    return closing(calendar, add_business_days(calendar, day, BUSINESS_DAYS))


def is_stale(reading: BalanceReading, banks: Mapping[str, BankAccount]) -> bool:
    return clock.now() > good_until(reading, banks)


def _calendar(bank: BankAccount | None) -> Calendar | None:
    """None for a calendar that cannot be read: then the shorter time counts."""
    if bank is None:
        return None
    try:
        return calendar_of(bank, clock.now())
    except (Refused, ValueError):
        return None
