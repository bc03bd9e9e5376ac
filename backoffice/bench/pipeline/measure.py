"""`pipeline`: transfers a second with 1, 2 and 4 workers against the same writes in bare SQL, and the cost of one as the table
grows."""

from collections.abc import Sequence
from contextlib import ExitStack
from operator import attrgetter
from statistics import median
from typing import Any

from django.db import connection

from backoffice.bench import evidence, machine
from backoffice.bench.crew import Crew, Round, Seat, crew, interleaved
from backoffice.bench.pipeline import floor, past
from backoffice.bench.pipeline.house import analyse, application, open_pipeline_house
from backoffice.bench.pipeline.outside import Outside, leading_to, outside
from backoffice.bench.pipeline.recording import record
from backoffice.bench.pipeline.shapes import Caller, Recording
from backoffice.bench.pipeline.sides import quiet
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Budget, Scale
from backoffice.bench.scratch import Scratch, using

# A transfer may cost a fifth more: so many a second must be left.
FLAT = 1 / 1.2
UNIT = "transfers"
_OURS = {"ours": "backoffice.bench.pipeline.sides.Ours", "drain": "backoffice.bench.pipeline.sides.drain"}
_BARE = {"bare": "backoffice.bench.pipeline.sides.bare"}
_ONE = Budget(600.0, count=1)


def run(scratch: Scratch, scale: Scale) -> Report:
    with outside(scratch) as world:
        callers, recordings, facts = _open(scratch, scale, world)
        seats = Seats(scratch, world, callers, recordings)
        speed, apart = _speed(seats, scale)
        growth, beside = _growth(seats, scale)
    usual, rows = recordings[0], recordings[0].rows
    pairs = zip(speed[::2], speed[1::2], strict=True)
    ratios = [Ratio.of(f"{ours.name}, of the bare writes", ours, bare, 0) for ours, bare in pairs]
    flat = [Ratio.of(f"{figure.name}, of the first size", figure, growth[0], FLAT) for figure in growth[1:]]
    return Report(
        "pipeline",
        facts,
        [*speed, *growth],
        [*ratios, *flat],
        facts={
            "one transfer": f"{usual.written} rows written in {len(usual.commits)} commits, {sum(rows.values())} of them new",
            "rows left by each": rows,
            **apart,
            **beside,
        },
        notes=[
            "a worker orders from the whole application (no socket) and drives with the real driver; waits for the chain are real",
            "the signer is the real one; the chain answers over JSON-RPC, executes nothing and is deep at once",
            "growth is in processor time of a worker and of the server process behind it, which others on the machine change"
            " little; how many a second it was is said beside it, without the time that the outside took",
        ],
    )


class Seats:
    """Who sits where."""

    def __init__(self, scratch: Scratch, world: Outside, callers: Sequence[Caller], recordings: Sequence[Recording]) -> None:
        self.scratch, self.callers, self.recordings = scratch, callers, recordings
        self._wishes: dict[str, Any] = {"rails": world.rails, "callers": callers, "recordings": recordings}

    def of(self, database: str, processes: int) -> list[Seat]:
        return [Seat(database, number, self._wishes) for number in range(processes)]


def _open(scratch: Scratch, scale: Scale, world: Outside) -> tuple[list[Caller], list[Recording], dict[str, Any]]:
    """The house, with a first transfer of every client on record and the floor made of it."""
    with quiet(), leading_to(world.rails), using(scratch.base):
        facts = machine.facts()
        callers = open_pipeline_house(max(scale.workers), world.wallet)
        recordings = record(application(), callers)
        floor.install(recordings)
        analyse()
    return callers, recordings, facts


def _speed(seats: Seats, scale: Scale) -> tuple[list[Figure], dict[str, Any]]:
    """Ours and the bare writes beside it, for each number of workers; and what of our time was somebody else's."""
    figures: list[Figure] = []
    apart: dict[str, Any] = {}
    for processes in scale.workers:
        ours, bare = (seats.scratch.copy(f"{side}_{processes}") for side in ("ours", "bare"))
        told = {side: _counts(database, seats.recordings) for side, database in (("ours", ours), ("bare", bare))}
        kept: dict[str, list[Round]] = {}
        with ExitStack() as stack:
            members = {
                "ours": stack.enter_context(crew(_OURS, seats.of(ours, processes))),
                "bare": stack.enter_context(crew(_BARE, seats.of(bare, processes))),
            }
            found = interleaved(
                {_name(side, processes): (member, side) for side, member in members.items()},
                unit=UNIT,
                rounds=scale.rounds,
                budget=scale.budget,
                kept=kept,
            )
            members["ours"].round("drain", _ONE)
        figures += found.values()
        for side, database in (("ours", ours), ("bare", bare)):
            _check(database, side, members[side], told[side], seats.recordings)
        apart[f"of that time, {_name('ours', processes)}"] = _said(kept[_name("ours", processes)])
    return figures, apart


def _name(side: str, processes: int) -> str:
    workers = "1 worker" if processes == 1 else f"{processes} workers"
    return workers if side == "ours" else f"the same writes, bare, {workers}"


def _said(rounds: Sequence[Round]) -> str:
    done, waited = sum(one.done for one in rounds), sum(one.waited_s for one in rounds)
    seconds = sum(share.seconds for one in rounds for share in one.shares)
    return f"{1000 * waited / done:.1f} of {1000 * seconds / done:.1f} ms per transfer waited for signer and chain" if done else "-"


def _growth(seats: Seats, scale: Scale) -> tuple[list[Figure], dict[str, str]]:
    """What a second of processor time is enough for at each size, and what the clock said of the same rounds."""
    databases = {}
    for size in scale.transfers:
        databases[size] = seats.scratch.copy(f"{size}_transfers")
        with using(databases[size]):
            past.load_past(seats.recordings, size)
            analyse()
    kept: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        named = {
            _size(size): (stack.enter_context(crew(_OURS, seats.of(database, 1))), "ours") for size, database in databases.items()
        }
        figures = interleaved(
            named, unit=UNIT, rounds=scale.rounds, budget=scale.budget, rate_of=attrgetter("per_processor_s"), kept=kept
        )
        for member, _ in named.values():
            member.round("drain", _ONE)
    return list(figures.values()), {f"{name}, by the clock": _by_the_clock(rounds) for name, rounds in kept.items()}


def _by_the_clock(rounds: Sequence[Round]) -> str:
    rate, processor_ms = median(one.own_rate for one in rounds), 1000 / median(one.per_processor_s for one in rounds)
    return f"{rate:.1f} a second, {processor_ms:.1f} ms of processor each"


def _size(size: int) -> str:
    return f"with {size:,} transfers"


_ASKED = "transfers_providerexchange"


def _counts(database: str, recordings: Sequence[Recording]) -> dict[str, int]:
    found = {}
    with using(database), connection.cursor() as cursor:
        for table in recordings[0].rows:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of our own tables
            (found[table],) = cursor.fetchone()
    return found


def _check(database: str, side: str, members: Crew, before: dict[str, int], recordings: Sequence[Recording]) -> None:
    """Raises BenchBroken unless each transfer of a side left what one leaves, and the books prove themselves."""
    done, now = members.done[side], _counts(database, recordings)
    for table, rows in recordings[0].rows.items():
        # How often the chain is asked depends on when it is looked at.
        if table != _ASKED and now[table] - before[table] != rows * done:
            raise BenchBroken(f"{side} says it brought {done} transfers, but left {now[table] - before[table]} rows in {table}")
    with using(database):
        if found := evidence.contradictions():
            raise BenchBroken(f"the books of {side} do not prove themselves: {found[0]}")
