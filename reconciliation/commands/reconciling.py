"""One reconciliation run: fetch, then match. Runs may overlap and repeat; each item and each transfer is settled once."""

from audit import context
from audit.context import Actor
from reconciliation.commands.fetching import fetch_everything
from reconciliation.commands.matching import MatchRun, match_open_items


def reconcile() -> MatchRun:
    """Read what the outside has new and match everything that is open."""
    with context.bind(Actor.system("reconciliation")):
        fetch_everything()
        return match_open_items()
