"""How often what happened, and how much is where: sums of what is long over, and only the newest counted again."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from transfers.states import TERMINAL, Route, Status

_OPEN = sorted(status.value for status in Status if status not in TERMINAL)
_ROUTES = sorted(route.value for route in Route)
# One statement: the mark and what lies behind it are of one moment.
_TRANSITIONS = """
    SELECT route, is_synthetic, source, target, sum(times)::bigint FROM (
        SELECT route, is_synthetic, source, target, times FROM transfers_transitioncount
        UNION ALL
        SELECT transfer.route, transfer.is_synthetic, event.from_status, event.to_status, 1
          FROM transfers_event AS event JOIN transfers_transfer AS transfer ON transfer.id = event.transfer_id
         WHERE event.recorded_at > coalesce((SELECT until FROM transfers_transitionmark), 'epoch')
           AND event.from_status <> event.to_status) AS every
     GROUP BY 1, 2, 3, 4
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
    with connection.cursor() as cursor:
        cursor.execute(_TRANSITIONS)
        rows: list[tuple[str, bool, str, str, int]] = cursor.fetchall()
    return [Transition(*row) for row in rows]


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
