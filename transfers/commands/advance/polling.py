"""When to look again at something that only time will answer."""

from datetime import datetime, timedelta

from audit import clock
from transfers.rails.registry import rails

FIRST_LOOK_AT_BANK = timedelta(seconds=1)
LAST_LOOK_AT_BANK = timedelta(minutes=5)
LOOK_AGAIN_AT_DOUBT = timedelta(minutes=5)


def next_look_at_chain() -> datetime:
    """Half a block from now: nothing changes faster."""
    return clock.now() + timedelta(seconds=max(rails().settings.block_time_s / 2, 0.2))


def look_again_at_doubt() -> datetime:
    """When people have to look, we only look whether the story has changed."""
    return clock.now() + LOOK_AGAIN_AT_DOUBT


def next_look_at_bank(since: datetime) -> datetime:
    """A tenth of the time it has taken so far: often at first, then patiently."""
    waited = (clock.now() - since) / 10
    return clock.now() + min(max(waited, FIRST_LOOK_AT_BANK), LAST_LOOK_AT_BANK)
