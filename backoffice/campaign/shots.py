"""Where, how and in what order processes are shot: the plan of one run, made from its seed. Pure.

A `Cell` is one crash point as one kind of process meets it while it works on one kind of work. A run fires every cell in every way,
then pairs of the most important points one after the other on the same stranded transfer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations_with_replacement, cycle
from random import Random


class How(StrEnum):
    """KILL: SIGKILL. RAISE: an error nobody expects. STOP: SIGSTOP until the lease is lost, then SIGCONT."""

    KILL = "kill"
    RAISE = "raise"
    STOP = "stop"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    work: str
    hand: str
    point: str


@dataclass(frozen=True, slots=True)
class Shot:
    """The `nth` time that the process passes the point."""

    cell: Cell
    how: How
    nth: int = 1

    @property
    def order(self) -> str:
        """As COUNTERSIGN_CRASH takes it."""
        return f"{self.cell.point}:{self.nth}={self.how}"

    def the_first_time(self) -> "Shot":
        return replace(self, nth=1)

    def __str__(self) -> str:
        return f"{self.cell.work}/{self.cell.hand} {self.order}"


# After these more has happened outside than is on record inside, or the other way round.
IMPORTANT = (
    "drive.after_claim",
    "lock.before_commit",
    "send.after_intent",
    "send.after_sign",
    "send.after_store",
    "send.after_broadcast",
    "send.before_commit",
    "confirm.before_commit",
    "pay_out.after_intent",
    "pay_out.after_submit",
)
DEEPEST = 3
# Of all ordered pairs a run takes so many; over the seeds all of them have their turn.
PAIRS = 40


def singles(cells: Sequence[Cell], dice: Random, *, ways: Iterable[How] = How) -> list[list[Shot]]:
    """Every cell in every way, in the order in which work meets the cells; which time it is hit is up to the dice. A process may
    have met a point on one kind of work because another was still there: where it does not meet it again, the place where the
    point was first met stands for it."""
    homes: dict[str, Cell] = {}
    for cell in cells:
        homes.setdefault(cell.point, cell)
    return [_with_home(Shot(cell, how, dice.randint(1, DEEPEST)), homes[cell.point]) for cell in cells for how in ways]


def _with_home(shot: Shot, home: Cell) -> list[Shot]:
    return [shot] if shot.cell == home else [shot, Shot(home, shot.how)]


def once_per_point(cells: Sequence[Cell]) -> list[list[Shot]]:
    """Each point once by SIGKILL, and the most important ones once in another way, in turns: the places where it is met, to be
    tried in this order until one is hit."""
    places: dict[str, list[Cell]] = {}
    for cell in cells:
        places.setdefault(cell.point, []).append(cell)
    wanted = [(point, How.KILL) for point in places]
    wanted += [(point, how) for point, how in zip(IMPORTANT, cycle((How.RAISE, How.STOP)), strict=False) if point in places]
    return [[Shot(cell, how) for cell in places[point]] for point, how in wanted]


def pairs(cells: Sequence[Cell], dice: Random) -> Iterator[tuple[Shot, Shot]]:
    """Pairs of important points of one work, the second met no sooner than the first: whoever resumes what the first left is shot
    at the second. `cells` are in the order in which work meets them."""
    important = [cell for cell in cells if cell.point in IMPORTANT]
    in_order = combinations_with_replacement(important, 2)
    found = [(one, two) for one, two in in_order if (one.work, one.hand) == (two.work, two.hand)]
    dice.shuffle(found)
    for one, two in found[:PAIRS]:
        yield Shot(one, dice.choice(list(How))), Shot(two, dice.choice([How.KILL, How.RAISE]))
