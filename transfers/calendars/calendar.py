"""What makes a calendar: a zone, the days on which a rail works, its hours and its promises."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from transfers.calendars import holidaylists

_WORKING_WEEK = frozenset(range(5))
_EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`weekdays` counts from Monday = 0. `market` names the list of holidays (empty: none). What is handed over before `cut_off`
    is worked on the same day. `closes` None is midnight. The bank pays `settlement_days` business days after the value date, and
    `settlement_hours` of its business hours after it should have begun, it is late. `also_closed` are days the list does not
    know: ISO days, or `12-12` for every year; `also_open` are ISO days on which it is wrong.

    Raises ValueError for a calendar that cannot be kept.
    """

    code: str
    title: str
    zone: str
    market: str = ""
    weekdays: frozenset[int] = _WORKING_WEEK
    opens: time = time(9)
    cut_off: time | None = None
    closes: time | None = None
    settlement_days: int = 0
    settlement_hours: int = 4
    also_closed: frozenset[str] = frozenset()
    also_open: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        faults = [words for holds, words in _demands(self) if not holds]
        if faults:
            raise ValueError(f"calendar {self.code}: {'; '.join(faults)}")

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def is_always_open(self) -> bool:
        """A rail that never sleeps, such as instant payments."""
        return (
            self.weekdays == _EVERY_DAY
            and not (self.market or self.also_closed or self.settlement_days)
            and self.opens == time(0)
            and self.cut_off is self.closes is None
        )

    @property
    def length_of_day(self) -> timedelta:
        """Business hours of one day on the clock on the wall."""
        return _on_the_wall(self.closes) - _on_the_wall(self.opens, midnight=timedelta(0))


def _on_the_wall(moment: time | None, midnight: timedelta = timedelta(days=1)) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second) if moment is not None else midnight


def _demands(calendar: Calendar) -> list[tuple[bool, str]]:
    closes = _on_the_wall(calendar.closes)
    last = _on_the_wall(calendar.cut_off, midnight=closes)
    return [
        (_zone_exists(calendar.zone), f"there is no time zone {calendar.zone}"),
        (holidaylists.exists(calendar.market), f"there is no list of holidays {calendar.market}"),
        (bool(calendar.weekdays) and calendar.weekdays <= _EVERY_DAY, "it needs weekdays, 0 to 6"),
        (_on_the_wall(calendar.opens) < last <= closes, "it must open before its cut-off and close after it"),
        (0 <= calendar.settlement_days <= 30, "it pays within 0 to 30 business days"),
        (0 < calendar.settlement_hours <= 500, "it is late after 1 to 500 business hours"),
        (all(_is_day(day, yearly=True) for day in calendar.also_closed), "extra closed days are 2026-12-24 or 12-24"),
        (all(_is_day(day) for day in calendar.also_open), "extra open days are written 2026-12-24"),
    ]


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_day(written: str, *, yearly: bool = False) -> bool:
    """Every year has a 29 February for this purpose: in the years without it, the day does not come."""
    try:
        date.fromisoformat(f"2024-{written}" if yearly and len(written) == 5 else written)
    except ValueError:
        return False
    return len(written) in (5, 10)


ALWAYS_OPEN = Calendar(code="", title="Open at any time", zone="UTC", weekdays=_EVERY_DAY, opens=time(0))
