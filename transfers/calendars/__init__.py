"""When banks work: business days, cut-offs, value dates and business hours, as pure functions of a calendar and a moment.

No Django and no clock in here. Moments are aware datetimes, days are days of the calendar's own zone.
"""

from transfers.calendars.calendar import ALWAYS_OPEN, Calendar
from transfers.calendars.days import add_business_days, is_business_day, next_business_day, on_or_after, why_closed
from transfers.calendars.hours import add_business_hours, closing, opening
from transfers.calendars.payments import Plan, plan

__all__ = [
    "ALWAYS_OPEN",
    "Calendar",
    "Plan",
    "add_business_days",
    "add_business_hours",
    "closing",
    "is_business_day",
    "next_business_day",
    "on_or_after",
    "opening",
    "plan",
    "why_closed",
]
