"""How often what happened, and how much is where: sums of what is long over, and only the newest counted again."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from transfers.states import TERMINAL, Route, Status

_OPEN = sorted(status.value for status in Status if status not in TERMINAL)
_ROUTES = sorted(route.value for route in Route)
# One statement: sums and the mark up to which they go are of one moment.
_SUMS = """
    SELECT mark.until, sums.route, sums.is_synthetic, sums.source, sums.target, sums.times
      FROM (SELECT coalesce((SELECT until FROM transfers_transitionmark), 'epoch') AS until) AS mark
      LEFT JOIN transfers_transitioncount AS sums ON true
"""
# Another, with the mark said: a planner that does not know it expects a third of all events behind it, and reads every one.
_SINCE = """
    SELECT transfer.route, transfer.is_synthetic, event.from_status, event.to_status, count(*)
      FROM transfers_event AS event JOIN transfers_transfer AS transfer ON transfer.id = event.transfer_id
     WHERE event.recorded_at > %s AND event.from_status <> event.to_status GROUP BY 1, 2, 3, 4
"""
# By the index of what stands where, which finds the few that are open among all that ever were.
_STANDING = """
    SELECT route, status, count(*), extract(epoch FROM clock_timestamp() - min(state_entered_at)) FROM transfers_transfer
     WHERE route = ANY(%s) AND status = ANY(%s) AND NOT is_synthetic GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """`source` is empty where a transfer begins."""

    route: str
    is_synthetic: bool
    source: str
    target: str
    times: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Transfers of a route in a state that is not their last, and for how many seconds the first of them is there."""

    route: str
    status: str
    count: int
    oldest_s: Decimal


def transitions() -> list[Transition]:
    """Whoever adds to the sums in between takes nothing away from what is behind the mark that was read with them."""
    times: Counter[tuple[str, bool, str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        sums = cursor.fetchall()
        cursor.execute(_SINCE, [sums[0][0]])
        since = cursor.fetchall()
    for *kind, count in [row[1:] for row in sums if row[1] is not None] + since:
        route, is_synthetic, source, target = kind
        times[route, is_synthetic, source, target] += count
    return [Transition(*names, times=count) for names, count in times.items()]


def standing() -> list[Standing]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [_ROUTES, _OPEN])
        return [Standing(*row) for row in cursor.fetchall()]


def ended(counted: list[Transition]) -> dict[tuple[str, str], int]:
    """Transfers that are at their end, by route and state: as many as came, less those that left."""
    found: Counter[tuple[str, str]] = Counter()
    for one in counted:
        if not one.is_synthetic:
            found[one.route, one.target] += one.times
            found[one.route, one.source] -= one.times
    return {(route, status): count for (route, status), count in found.items() if status in TERMINAL and count}


def count_transitions() -> int:
    """Add what happened since to the sums; how many transitions. One process at a time does it, the rest leave it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transfers_count_transitions()")
        return int(cursor.fetchone()[0])
