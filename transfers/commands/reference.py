"""Taking in reference rates: from the feed by itself, from a central bank's file by hand. A sheet is kept once, as it came.

A source that later says something else about the same moment is refused, on record: what was valued by the first sheet stays
valued by it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit import clock
from audit.commands import record
from transfers.errors import Refused
from transfers.models import RateSheet, RateSource
from transfers.rails.rate_feed import BadSheet, Sheet, read_ecb
from transfers.rails.registry import rails

IMPORTED = "rates.imported"
CONTRADICTED = "rates.contradicted"
RATE_TYPES = (IMPORTED, CONTRADICTED)
FEED, ECB = "feed", "ecb"
# Two who look after the feed at once ask it once.
NOT_BEFORE = timedelta(seconds=5)


@dataclass(slots=True)
class Taken:
    """What came of an import: new sheets, sheets that were there already, and moments about which the source now says otherwise."""

    new: int = 0
    known: int = 0
    contradicted: int = 0


def keep_sheet(source: RateSource, sheet: Sheet) -> Taken:
    """Keep one sheet. The same again is no news; other rates for the same moment are recorded and not taken."""
    rates = {name: {"bid": f"{bid:f}", "ask": f"{ask:f}"} for name, (bid, ask) in sorted(sheet.rates.items())}
    kept, is_new = RateSheet.objects.get_or_create(
        source=source,
        observed_at=sheet.observed_at,
        defaults={"received_at": clock.now(), "rates": rates, "raw": sheet.raw},
    )
    if is_new:
        return Taken(new=1)
    differ = [name for name in sorted(rates.keys() | kept.rates.keys()) if not _same(kept.rates.get(name), rates.get(name))]
    if not differ:
        return Taken(known=1)
    _contradicted(source, kept, {name: [kept.rates.get(name), rates.get(name)] for name in differ})
    return Taken(contradicted=1)


def fetch_rates() -> Taken:
    """Ask the feed, unless somebody just did or there is none. Raises RetryableError."""
    if not rails().settings.rates_url:
        return Taken()
    source = RateSource.objects.get(pk=FEED)
    if RateSheet.objects.filter(source=source, received_at__gt=clock.now() - NOT_BEFORE).exists():
        return Taken()
    return keep_sheet(source, rails().rates.fetch())


@transaction.atomic
def import_ecb(content: bytes, *, since: date | None = None) -> Taken:
    """A euro reference rates file of the European Central Bank, plain or zipped, whole or not at all. `since` leaves out the days
    before it. Raises Refused for a file that is not one, with the line."""
    source = RateSource.objects.get(pk=ECB)
    total = Taken()
    try:
        for sheet in read_ecb(content):
            if since is None or sheet.observed_at.date() >= since:
                one = keep_sheet(source, sheet)
                total = Taken(total.new + one.new, total.known + one.known, total.contradicted + one.contradicted)
    except BadSheet as error:
        raise Refused("invalid_request", f"This is not a file of euro reference rates: {error}") from error
    numbers = {"new": total.new, "known": total.known, "contradicted": total.contradicted}
    record(type=IMPORTED, resource_type="rate_source", resource_id=source.code, metadata=numbers)
    return total


def _same(one: dict[str, str] | None, other: dict[str, str] | None) -> bool:
    """The same number may be written with more or fewer zeros."""
    if one is None or other is None:
        return False
    return all(Decimal(one[side]) == Decimal(other[side]) for side in ("bid", "ask"))


def _contradicted(source: RateSource, kept: RateSheet, differ: dict[str, Any]) -> None:
    record(
        type=CONTRADICTED,
        resource_type="rate_source",
        resource_id=source.code,
        outcome="refused",
        reason=f"{source.name} says something else about {kept.observed_at:%Y-%m-%d %H:%M:%S} UTC than before.",
        metadata=differ,
    )
