"""How values are written: durations, times with their zone, addresses in groups, ids short. No HTML here."""

from datetime import datetime, timedelta
from itertools import zip_longest

from django.utils import timezone


def duration(span: timedelta) -> str:
    """Two units at most, as people say it: "1 h 38 m", "12 m", "41 s", "3 d 4 h"."""
    seconds = int(abs(span.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    # Seconds stop mattering beside hours, and below ten minutes they still do.
    length = 2 if first < 2 or (first == 2 and minutes < 10 and seconds) else 1
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + length] if count or unit == "s")


def zone_name(moment: datetime) -> str:
    """The zone as a place where it has one ("Vienna"), else its abbreviation."""
    key = str(timezone.get_current_timezone())
    return key.rsplit("/", 1)[-1].replace("_", " ") if "/" in key else moment.tzname() or key


def groups_of_four(value: str) -> list[str]:
    """`0x` kept with the first group, then four by four: how one person reads an address to another."""
    prefix, body = (value[:2], value[2:]) if value[:2].lower() == "0x" else ("", value.replace(" ", ""))
    groups = [body[start : start + 4] for start in range(0, len(body), 4)] or [""]
    return [prefix + groups[0], *groups[1:]]


def shortened(value: str, head: int = 10, tail: int = 6) -> str:
    """Both ends of something long. Whole addresses are shown wherever somebody decides; this is for lists."""
    return value if len(value) <= head + tail + 3 else f"{value[:head]} … {value[-tail:]}"


def differences(this: str, known: str) -> list[tuple[str, bool]]:
    """`this` character by character with whether it differs from `known`: the comparison drawn for look-alike addresses."""
    pairs = zip_longest(this, known[: len(this)], fillvalue="")
    runs: list[tuple[str, bool]] = []
    for mine, theirs in pairs:
        differs = mine.lower() != theirs.lower()
        if runs and runs[-1][1] == differs:
            runs[-1] = (runs[-1][0] + mine, differs)
        else:
            runs.append((mine, differs))
    return runs


def initials(name: str) -> str:
    """Two letters for the badge of a person: of first and last word, or the first two of a single one."""
    words = [word for word in name.replace("-", " ").split() if word]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()
