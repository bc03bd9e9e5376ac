"""The interval of a statement and the time that places an entry in it, as the address of the page has them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from audit import clock
from backoffice.console.moments import UtcDayField, UtcMomentField, beginning_of
from backoffice.console.parts import Tab
from ledger.queries import TimeBasis
from ledger.queries.archived import entries_archived_until

BASES = (
    (TimeBasis.BOOKED.value, "booking time"),
    (TimeBasis.VALUE.value, "value time, when it counts"),
    (TimeBasis.SETTLED.value, "settlement time, confirmed outside"),
)
_USUAL = timedelta(days=30)
# Before any business of ours, and a day that a date can be counted from.
_FIRST_DAY = date(2000, 1, 1)


def in_words(by: TimeBasis) -> str:
    """ "by booking time": what places an entry."""
    return f"by {dict(BASES)[by.value].partition(',')[0]}"


class IntervalForm(forms.Form):
    """Both days count. Left out, the last 31 days by booking, as far as their entries are not archived."""

    since = UtcDayField(label="From", required=False)
    until = UtcDayField(label="To, that day included", required=False)
    by = forms.ChoiceField(label="By", required=False, choices=BASES)
    at = UtcMomentField(label="Balance just before (UTC)", required=False)

    def filled(self, wanted: "Interval") -> Self:
        """The same form with the interval that is shown in place of what was left out; as it was when it makes no sense."""
        if not self.is_valid():
            return self
        data = self.data.dict() if isinstance(self.data, QueryDict) else dict(self.data)
        shown = {"since": wanted.first.isoformat(), "until": wanted.last.isoformat(), "by": wanted.by.value}
        return type(self)(data | shown)

    def clean(self) -> dict[str, object]:
        given: dict[str, object] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            self.add_error("until", "That is before the first day.")
        return given


@dataclass(frozen=True, slots=True)
class Interval:
    """From the beginning of `first` to the end of `last`, days of UTC; `at` is the moment of a balance that was asked for."""

    first: date
    last: date
    by: TimeBasis
    at: datetime | None

    @property
    def since(self) -> datetime:
        return beginning_of(self.first)

    @property
    def until(self) -> datetime:
        """Exclusive."""
        return beginning_of(self.last + timedelta(days=1))

    @property
    def by_words(self) -> str:
        return in_words(self.by)

    def query(self, **changes: str) -> str:
        """The address of this interval, `changes` in place of its own."""
        parts = {"since": self.first.isoformat(), "until": self.last.isoformat(), "by": self.by.value}
        return urlencode(parts | changes)


def interval(form: IntervalForm) -> Interval:
    """What the form says; of a form that makes no sense, the usual one."""
    given = form.cleaned_data if form.is_valid() else {}
    last = given.get("until") or clock.now().date()
    first = given.get("since") or _usual_first(last)
    return Interval(first, last, TimeBasis(given.get("by") or TimeBasis.BOOKED), given.get("at"))


def _usual_first(last: date) -> date:
    archived = entries_archived_until()
    at_hand = archived.astimezone(UTC).date() if archived else _FIRST_DAY
    return max(last - _USUAL, at_hand if at_hand <= last else _FIRST_DAY)


def shortcuts(now: Interval, **kept: str) -> list[Tab]:
    """Intervals that people ask for, by the same time basis; `kept` goes along in the address."""
    today = clock.now().date()
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    wanted = [
        ("Last 31 days", today - _USUAL, today),
        ("This month", month, today),
        ("Last month", before.replace(day=1), before),
        ("This year", today.replace(month=1, day=1), today),
        ("Everything", _FIRST_DAY, today),
    ]
    return [
        Tab(
            title,
            f"?{now.query(since=first.isoformat(), until=last.isoformat(), **kept)}",
            None,
            (first, last) == (now.first, now.last),
        )
        for title, first, last in wanted
    ]
