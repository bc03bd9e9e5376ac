"""How values are written: durations, times with their zone, addresses in groups, ids short. No HTML here."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from django.utils import timezone

# No address and no account number has fewer; names such as "client-2" do.
LEAST_DIGITS = 4


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


@dataclass(frozen=True, slots=True)
class Written:
    """A moment in words. Written here and not by template filters, which would silently convert to the local zone and call it UTC.

    `local` is empty when the operator's zone has no offset: the same time twice helps nobody.
    """

    iso: str
    day: str
    clock: str
    local: str
    zone: str


def written(at: datetime) -> Written:
    """UTC first; then the operator's zone, with the day where it is another one."""
    utc, local = at.astimezone(UTC), timezone.localtime(at)
    zone = zone_name(local)
    shown = ""
    if local.utcoffset():
        shown = f"{local:%H:%M} {zone}" + ("" if local.date() == utc.date() else f", {local.day} {local:%b}")
    return Written(iso=utc.isoformat(), day=f"{utc.day} {utc:%b %Y}", clock=f"{utc:%H:%M:%S}", local=shown, zone=zone)


def zone_name(moment: datetime) -> str:
    """The zone as a place where it has one ("Vienna"), else its abbreviation."""
    key = str(timezone.get_current_timezone())
    return key.rsplit("/", 1)[-1].replace("_", " ") if "/" in key else moment.tzname() or key


def is_number(value: str) -> bool:
    """Whether it is an address or account number that people compare digit by digit; else it is the name of somebody's balance."""
    return sum(character.isdigit() for character in value) >= LEAST_DIGITS


def groups_of_four(value: str) -> list[str]:
    """`0x` kept with the first group, then four by four: how one person reads an address to another."""
    prefix, body = (value[:2], value[2:]) if value[:2].lower() == "0x" else ("", value.replace(" ", ""))
    groups = [body[start : start + 4] for start in range(0, len(body), 4)] or [""]
    return [prefix + groups[0], *groups[1:]]


def shortened(value: str, head: int = 10, tail: int = 6) -> str:
    """Both ends of something long. Whole addresses are shown wherever somebody decides; this is for lists."""
    return value if len(value) <= head + tail + 3 else f"{value[:head]} … {value[-tail:]}"


def differences(this: str, known: str) -> list[tuple[str, bool]]:
    """`this` in groups of four, cut where it begins or ceases to differ from `known`: the comparison drawn for look-alike
    addresses.
    """
    mine_grouped, theirs_grouped = " ".join(groups_of_four(this)), " ".join(groups_of_four(known))
    pairs = zip_longest(mine_grouped, theirs_grouped[: len(mine_grouped)], fillvalue="")
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
